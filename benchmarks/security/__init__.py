"""How model files and data files that mean harm fare: the attack corpus beside Keras, fuzzing by format, flipped bits."""
