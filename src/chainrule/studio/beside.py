"""The studio beside a training: a process of its own, which ends with the one that started it.

beside = Beside("runs/2026-11-23T07-31-05_mnist_fast")
beside.link                     what to open in the browser
"""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any


class Beside:
    """A studio that shows a run while it is recorded. folder: the run's.  opens: whether the browser is opened."""

    def __init__(self, folder: Any, *, opens: bool = True) -> None:
        path = Path(folder).resolve()
        settings = {
            "start": {"run": str(path), "place": "learn"},
            "runs_dir": str(path.parent),
            "opens": opens,
        }
        self.process = subprocess.Popen(  # noqa: S603 - our own module, and words that are no command
            [sys.executable, "-m", "chainrule.studio.beside", json.dumps(settings)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        assert self.process.stdout is not None  # it is a pipe
        self.link: str | None = self.process.stdout.readline().strip() or None

    def wait(self) -> None:
        """Waits until Ctrl-C."""
        with suppress(KeyboardInterrupt):
            self.process.wait()
        self.close()

    def close(self) -> None:
        """Ends it."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
            return
        self.process.kill()


def main(words: str) -> None:
    """Serves until the other end of stdin is closed: by `close`, or because that process is gone."""
    from chainrule.studio.server import serve

    def listen() -> None:
        sys.stdin.read()
        os.kill(os.getpid(), signal.SIGTERM)

    def told(link: str) -> None:
        print(link, flush=True)
        threading.Thread(target=listen, daemon=True).start()

    asked = json.loads(words)
    serve(asked["start"], asked["runs_dir"], told=told, opens=asked["opens"])


if __name__ == "__main__":
    main(sys.argv[1])
