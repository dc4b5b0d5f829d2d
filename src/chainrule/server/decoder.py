"""Pictures are read in a process of their own: what comes from unknown senders is decoded away from the models.

The child has limits on memory and files, gets bytes and gives pixels; a picture that takes too long, or breaks the child,
costs that request only. `python -m chainrule.server.decoder` is the child.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, BinaryIO

from chainrule.internal.child_processes import signal_at_death
from chainrule.server.settings import RefusedError

if TYPE_CHECKING:
    from chainrule.images.reading import Picture

SECONDS = 10.0  # for one picture
MEMORY = 2 << 30  # addresses that the child may have, code included


class Decoder:
    """The child, started when it is first needed and again when it has ended."""

    def __init__(self) -> None:
        self.process: asyncio.subprocess.Process | None = None
        self.lock: asyncio.Lock | None = None
        self.restarts = 0

    async def read(self, content: bytes, name: str) -> "Picture":
        """The picture in some bytes; RefusedError 422 where they are none, or take too long."""
        from chainrule.images.reading import Picture

        self.lock = self.lock or asyncio.Lock()
        async with self.lock:
            process = await self._started()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                async with asyncio.timeout(SECONDS):
                    process.stdin.write(len(content).to_bytes(4, "little") + content)
                    await process.stdin.drain()
                    head = await process.stdout.readexactly(4)
                    fields = json.loads(await process.stdout.readexactly(int.from_bytes(head, "little")))
                    pixels = await process.stdout.readexactly(fields.get("bytes", 0))
            except TimeoutError:
                await self.close()
                raise RefusedError(
                    422, f"{name}: it takes more than {SECONDS:g} seconds to read this picture."
                ) from None
            except (asyncio.IncompleteReadError, OSError, ValueError):
                await self.close()
                raise RefusedError(
                    422, f"{name}: this picture cannot be read, or needs too much memory."
                ) from None
            except (
                asyncio.CancelledError
            ):  # the client has gone; what the child would still say belongs to nobody
                await self.close()
                raise
        if "error" in fields:
            raise RefusedError(422, fields["error"].replace("The picture", name, 1))
        import numpy as np

        array = np.frombuffer(pixels, np.uint8).reshape(fields["shape"])
        return Picture(
            array, (fields["size"][0], fields["size"][1]), name, fields["format"], tuple(fields["notes"])
        )

    async def start(self) -> None:
        """Starts the child ahead of the first picture."""
        self.lock = self.lock or asyncio.Lock()
        async with self.lock:
            await self._started()

    async def _started(self) -> asyncio.subprocess.Process:
        if self.process is None or self.process.returncode is not None:
            self.restarts += self.process is not None
            environment = {
                "OPENBLAS_NUM_THREADS": "1",
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            }
            keep = {
                key: os.environ[key]
                for key in ("PATH", "SYSTEMROOT", "LANG", "HOME", "VIRTUAL_ENV")
                if key in os.environ
            }
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "chainrule.server.decoder", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                env=keep | environment, start_new_session=True,
            )  # fmt: skip
        return self.process

    async def close(self) -> None:
        """Ends the child, if there is one."""
        process, self.process = self.process, None
        if process is not None:
            self.restarts += 1
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def limit() -> None:
    """This process may take no more memory, write no files and start no others. Where the system knows such limits."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def answer(content: bytes) -> tuple[dict[str, Any], bytes]:
    """The child's answer to one picture: a head that JSON can hold, and pixels."""
    from chainrule.errors import ChainruleError
    from chainrule.images.reading import read_picture

    try:
        picture = read_picture(content)
    except (ChainruleError, MemoryError) as problem:
        return {"error": str(problem) or "The picture needs too much memory."}, b""
    pixels = picture.pixels.tobytes()
    return {
        "shape": picture.pixels.shape, "bytes": len(pixels), "size": picture.size, "format": picture.format, "notes": picture.notes,
    }, pixels  # fmt: skip


def alarm(seconds: int) -> None:
    """The system ends this process after so many seconds; 0: not any more. Where there are such clocks."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def serve(given: BinaryIO, out: BinaryIO) -> None:
    """Answers pictures until there are no more."""
    while len(head := given.read(4)) == 4:
        content = given.read(int.from_bytes(head, "little"))
        alarm(int(SECONDS) + 1)  # nobody waits for longer
        found, pixels = answer(content)
        alarm(0)
        text = json.dumps(found).encode()
        out.write(len(text).to_bytes(4, "little") + text + pixels)
        out.flush()


if __name__ == "__main__":
    from chainrule.images import reading as _reading  # noqa: F401 - imported before memory is limited

    signal_at_death()
    limit()
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        serve(sys.stdin.buffer, sys.stdout.buffer)
