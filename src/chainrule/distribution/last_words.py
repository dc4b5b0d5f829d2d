"""A sentence where JAX's runtime would end a process with a page of its log.

When process 0 is gone, the runtime aborts the others at once, from a thread of its own. A small process that was started
before then hears of it (by the signal's number in a pipe) and says the sentence.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

LISTENER = """import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
while numbers := os.read(0, 64):
    if signal.SIGABRT in numbers:
        sys.exit(sys.argv[1])
"""


@contextmanager
def last_words(sentence: str) -> Iterator[None]:
    """While this is open, an abort of this process says a sentence on stderr, and nothing else is said there by C code.

    Only in the main thread, and not on Windows; elsewhere the runtime's own log is what is seen.
    """
    if os.name == "nt" or threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = os.pipe()
    listener = subprocess.Popen([sys.executable, "-S", "-c", LISTENER, sentence], stdin=reading)  # noqa: S603
    os.close(reading)
    os.set_blocking(writing, False)
    before, waking = signal.signal(signal.SIGABRT, lambda *_: None), signal.set_wakeup_fd(writing)
    sys.stderr.flush()
    kept, nowhere, python = os.dup(2), os.open(os.devnull, os.O_WRONLY), sys.stderr
    sys.stderr = os.fdopen(os.dup(kept), "w", buffering=1)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        sys.stderr.close()
        sys.stderr = python
        signal.signal(signal.SIGABRT, before)
        signal.set_wakeup_fd(waking)
        for descriptor in (kept, nowhere, writing):
            os.close(descriptor)
        listener.wait()
