"""The sets that are known by name: where their files are, what they must contain, what they are called.

The SHA-256 sums are of the files as their authors publish them. For Fashion-MNIST the sums of the unpacked
content are known as well, so that copies that were packed anew (a Linux distribution's) are recognised.
"""

from dataclasses import dataclass

from chainrule.datasets.downloads import Remote

PARTS = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)

DIGITS = tuple("0123456789")
LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@dataclass(frozen=True)
class About:
    """What is known of a set besides its arrays."""

    class_names: tuple[str, ...]
    source: str
    licence: str


ABOUT = {
    "mnist": About(
        DIGITS,
        "MNIST, Yann LeCun, Corinna Cortes, Christopher Burges; from NIST Special Databases 3 and 1",
        "CC BY-SA 3.0",
    ),
    "fashion_mnist": About(
        (
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        "Fashion-MNIST, Han Xiao, Kashif Rasul, Roland Vollgraf, Zalando SE, 2017",
        "MIT",
    ),
    "kmnist": About(
        ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        "KMNIST, ROIS-DS Center for Open Data in the Humanities, from the Kuzushiji Dataset (NIJL)",
        "CC BY-SA 4.0",
    ),
    "emnist_digits": About(
        DIGITS, "EMNIST, Gregory Cohen and others, 2017; from NIST Special Database 19", "none stated (NIST)"
    ),
    "emnist_letters": About(
        LETTERS, "EMNIST, Gregory Cohen and others, 2017; from NIST Special Database 19", "none stated (NIST)"
    ),
    "emnist_balanced": About(
        DIGITS + LETTERS + tuple("abdefghnqrt"),
        "EMNIST, Gregory Cohen and others, 2017; from NIST Special Database 19",
        "none stated (NIST)",
    ),
}


def _four(
    folder: str, bases: tuple[str, ...], facts: str, system: tuple[str, ...] = ()
) -> tuple[Remote, ...]:
    """The four files of a set, from lines of: size, SHA-256 of the file, and of what is inside if known."""
    remotes = []
    for name, line in zip(PARTS, facts.split("\n"), strict=True):
        size, sha256, *content = line.split()
        mirrors = tuple(base + name for base in bases)
        remotes.append(Remote(folder, name, int(size), sha256, mirrors, "".join(content), system))
    return tuple(remotes)


FASHION_MNIST = _four(
    "fashion-mnist",
    (
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    "26421880 3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84 "
    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888\n"
    "29515 a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845 "
    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9\n"
    "4422102 346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073 "
    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b\n"
    "5148 67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5 "
    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    system=("/usr/share/datasets/fashion-mnist",),
)

KMNIST = _four(
    "kmnist",
    ("https://codh.rois.ac.jp/kmnist/dataset/kmnist/", "http://codh.rois.ac.jp/kmnist/dataset/kmnist/"),
    "18165135 51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4\n"
    "29497 e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17\n"
    "3041136 edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5\n"
    "5120 20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
)

EMNIST = Remote(  # all its splits are in one archive
    "emnist",
    "emnist-gzip.zip",
    561753746,
    "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
    (
        "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
        "https://rds.westernsydney.edu.au/Institutes/MARCS/BENS/EMNIST/emnist-gzip.zip",
    ),
)
