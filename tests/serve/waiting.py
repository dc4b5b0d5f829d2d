"""Waiting for what a server does by itself."""

import contextlib
import time

import httpx


def until(holds, seconds=30):
    """Returns once something holds; fails where it does not within so many seconds. An answer that does not come does not hold."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(httpx.HTTPError):
            if holds():
                return
        time.sleep(0.02)
    raise AssertionError(f"It did not happen within {seconds} seconds.")
