"""epochs.jsonl: a line of JSON for each epoch, each with the CRC-32 of the text before it, so that a torn line is known."""

import zlib
from dataclasses import dataclass

from chainrule.errors import FileError
from chainrule.runs import values

END = ',"crc32":"%08x"}\n'
TAIL = len(END % 0)


@dataclass(frozen=True)
class Epoch:
    """One epoch as it was recorded. step: how many steps there were when it ended. seconds: how long it took."""

    epoch: int
    step: int
    metrics: dict[str, float]
    seconds: float | None = None
    time: str = ""


@dataclass(frozen=True)
class Scanned:
    """What of an epochs.jsonl is whole: `ends[k]` is the byte at which k epochs end."""

    epochs: list[Epoch]
    ends: list[int]

    @property
    def size(self) -> int:
        """How many bytes are whole."""
        return self.ends[-1]


def encode(epoch: Epoch) -> bytes:
    """One line.

    >>> encode(Epoch(0, 1875, {"loss": 0.25}))
    b'{"epoch":0,"step":1875,"metrics":{"loss":0.25},"seconds":null,"time":"","crc32":"025a5ef0"}\\n'
    """
    text = values.text(vars(epoch))[:-1].encode()
    return text + (END % zlib.crc32(text)).encode()


def decode(line: bytes) -> Epoch:
    """The epoch of one whole line; FileError when it is not whole."""
    text, end = line[:-TAIL], line[-TAIL:]
    if not text or end != (END % zlib.crc32(text)).encode():
        raise FileError("is not whole")
    stored = values.parse(text + b"}", "The line")
    metrics = "metrics" if "metrics" in stored else "figures"  # its name until version 0.2
    return Epoch(
        values.entry(stored, "epoch", int, "The line"), values.entry(stored, "step", int, "The line"),
        values.numbers(values.entry(stored, metrics, dict, "The line")), stored.get("seconds"),
        str(stored.get("time", "")),
    )  # fmt: skip


def scan(data: bytes, first: int) -> Scanned:
    """All whole lines from the beginning on, the epochs counted from `first`."""
    epochs: list[Epoch] = []
    ends = [0]
    for line in data.splitlines(keepends=True):
        try:
            epoch = decode(line)
        except FileError:
            break
        if epoch.epoch != first + len(epochs):
            break
        epochs.append(epoch)
        ends.append(ends[-1] + len(line))
    return Scanned(epochs, ends)
