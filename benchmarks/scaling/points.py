"""The points that are measured: each axis alone around the classic network, corners, and small nets of other kinds."""

from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True)
class Point:
    """One job: a kind of network, its width and depth, the batch, how many examples. axis: along which it lies."""

    axis: str
    kind: str = "dense"
    width: int = 784
    depth: int = 2
    batch: int = 32
    examples: int = 60_000

    @property
    def value(self):
        """Where it lies on its axis."""
        return getattr(
            self, self.axis, f"{self.kind} {self.width} x {self.depth}, {self.batch}, {self.examples}"
        )

    def to_dict(self):
        """For the process that runs it."""
        return asdict(self)


CLASSIC = Point("width")
AXES = {
    "width": (16, 32, 64, 128, 256, 512, 784, 1024, 2048, 4096),
    "depth": (1, 2, 4, 8, 16, 32),
    "batch": (1, 8, 32, 128, 512, 1024, 4096),
    "examples": (300, 1000, 3000, 10_000, 60_000, 300_000, 1_000_000),
}
CORNERS = (
    Point("corner", width=16, depth=1, batch=1, examples=300), Point("corner", width=16, depth=32, batch=1, examples=3000),
    Point("corner", width=4096, depth=2, batch=4096, examples=60_000), Point("corner", width=16, depth=1, batch=4096, examples=1_000_000),
    Point("corner", width=64, depth=16, batch=8, examples=1000), Point("corner", width=2048, depth=4, batch=1, examples=300),
)  # fmt: skip
OTHERS = tuple(
    Point("kind", kind, width, depth, batch, examples)
    for kind, width, depth in (("conv", 8, 1), ("conv", 32, 2), ("recurrent", 16, 1), ("recurrent", 64, 1), ("residual", 32, 2), ("residual", 128, 4))
    for batch, examples in ((16, 500), (64, 6000))
)  # fmt: skip


def points(axes=(), few=False):
    """The points of the axes asked for; few: every other one of each axis, with at most 3,000 examples on the others."""
    chosen = []
    for axis, values in AXES.items():
        base = replace(
            CLASSIC, axis=axis, depth=2, **({"examples": 3000} if few and axis != "examples" else {})
        )
        chosen += [replace(base, **{axis: value}) for value in (values[::2] if few else values)]
    chosen += CORNERS[:2] + CORNERS[4:] if few else CORNERS
    chosen += OTHERS
    return [point for point in chosen if not axes or point.axis in axes]
