"""Fashion-MNIST: 70,000 small pictures of clothes in ten classes, in the shape of MNIST and harder."""

from chainrule.datasets import idx
from chainrule.datasets.downloads import fetch
from chainrule.datasets.mnist import Pairs
from chainrule.datasets.registry import FASHION_MNIST


def load_data() -> Pairs:
    """The clothes as Keras returns them: `(x_train, y_train), (x_test, y_test)`.

    x: (60000, 28, 28) and (10000, 28, 28) uint8. y: uint8, 0..9: T-shirt/top, trouser, pullover, dress, coat,
    sandal, shirt, sneaker, bag, ankle boot. Fetched once (31 MB), checked, kept; raises DownloadError when
    that is not possible. Source: https://github.com/zalandoresearch/fashion-mnist (MIT)
    """
    x_train, y_train, x_test, y_test = (idx.read(fetch(remote)).astype("u1") for remote in FASHION_MNIST)
    return (x_train, y_train), (x_test, y_test)
