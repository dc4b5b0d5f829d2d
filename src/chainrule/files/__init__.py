"""Model files: .keras and .h5, both ways, without Keras. Loading is parsing; nothing in a file is ever run."""

from chainrule.files.io import encode, kind, load, load_weights, load_weights_by_name, save, save_weights
from chainrule.files.modelfile import ModelFile
from chainrule.files.validate import ModelFileWarning

__all__ = [
    "ModelFile",
    "ModelFileWarning",
    "encode",
    "kind",
    "load",
    "load_weights",
    "load_weights_by_name",
    "save",
    "save_weights",
]
