"""A script that was written for Keras runs here as it is: what `chainrule run` puts in place, for one process.

script.py      runs a script (or a notebook's cells) exactly as `python SCRIPT` would
hook.py        `import keras`, `tensorflow.keras`, `tf_keras` and a thin `tensorflow` find Chainrule
modules.py     which of Keras's modules, of any year, is which of ours
unused.py      names that are imported and never used
era.py         the years a script was written in, read from its source
spellings.py   the names that arguments had in those years
translate.py   accepts them, with their meaning, and says today's name once
methods.py     fit, compile and predict as they were called then
saving.py      models saved under any name
old_*.py       layers, functions and backend names that Keras has no more
thin_tensorflow/    the few names of `tensorflow` itself that such scripts use
notes.py       what is said on the way, with the script's line
record.py      each fit leaves a run
"""
