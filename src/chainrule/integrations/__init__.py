"""Recorded runs in the tools of others (TensorBoard, spreadsheets), and training of others as recorded runs (Keras). See docs/trackers.md."""
