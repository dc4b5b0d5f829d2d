"""From a photo, a scan or a drawing to what the network was trained on, stage by stage.

    from chainrule.images import prepare
    prepared = prepare("photo.jpg")
    prepared.digits[0].pixels           # (28, 28) uint8, white ink on black, as in MNIST

NumPy and Pillow only; no network is known here. Where one helps it is handed in as a function.
"""

from chainrule.images.decoding import Limits
from chainrule.images.preparation import Digit, Mark, Prepared, prepare
from chainrule.images.reading import Picture, read_picture
from chainrule.images.rejection import Rejection
from chainrule.images.settings import Preparation

__all__ = [
    "Digit",
    "Limits",
    "Mark",
    "Picture",
    "Preparation",
    "Prepared",
    "Rejection",
    "prepare",
    "read_picture",
]
