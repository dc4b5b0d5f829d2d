"""What reading one HDF5 file may cost: every byte of it stands for one thing, and unpacks to so much at the most."""

from chainrule.errors import FileError
from chainrule.files.disk import Source

ROOM = 64 << 20  # bytes that arrays may unpack to, however small the file
RATIO = 20  # beyond that: times the bytes that lie on the disk
CHUNKS, BYTES_A_CHUNK = 10_000, 8192  # chunks in a file: so many, and one more for so many bytes of arrays


class Budget:
    """Counts what is read of a file, and refuses what would be read twice or unpack to too much."""

    def __init__(self, source: Source) -> None:
        """Nothing is counted yet."""
        self.source = source
        self.walked = self.unpacked = self.chunks = 0
        self.extents: list[tuple[int, int]] = []
        self.tables: set[int] = set()

    def take(self, offset: int, count: int) -> bytes:
        """A part of the file's structure. Each is read once, so together they cannot be more than the file."""
        self.walked += count
        if self.walked > self.source.size:
            raise FileError("has headers or tables that lie over each other. It is not opened.")
        return self.source.read(offset, count)

    def table(self, address: int) -> None:
        """A node of a table, which belongs to one array only."""
        if address in self.tables:
            raise FileError("has a damaged or looping chunk table, or one that several arrays share.")
        self.tables.add(address)

    def store(self, address: int, size: int) -> None:
        """Numbers that lie at a place of their own."""
        if size:
            self.extents.append((address, size))

    def unpack(self, path: str, size: int, chunks: int) -> None:
        """An array that will take `size` bytes, in so many chunks."""
        self.unpacked += size
        self.chunks += chunks
        if self.unpacked > ROOM + RATIO * self.source.on_disk:
            raise FileError(
                f"declares arrays of over {self.unpacked:,} bytes (at {path!r}), but the whole file has "
                f"{self.source.on_disk:,}. It is not read."
            )
        if self.chunks > CHUNKS + self.unpacked // BYTES_A_CHUNK:
            raise FileError(
                f"has arrays in over {self.chunks:,} chunks, too many for their size. It is not read."
            )

    def settle(self) -> None:
        """Refuses numbers that are those of two arrays."""
        end = 0
        for address, size in sorted(self.extents):
            if address < end:
                raise FileError("has arrays that lie over each other. It is not opened.")
            end = address + size
