"""Starts the studio: binds a port of this machine, prints the link, opens the browser."""

import socket
import sys
from collections.abc import Callable
from typing import Any

from chainrule.errors import SettingError, require_package

PORT = 8737  # tried first; the next ones where it is taken


def listening_socket(port: int | None) -> socket.socket:
    """A socket bound to 127.0.0.1; SettingError where the port that was asked for is taken."""
    for number in [port] if port is not None else [*range(PORT, PORT + 20), 0]:
        # TCP is named, for only then asyncio sends answers at once; else each waits 40 ms for what may follow
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if sys.platform != "win32":
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind(("127.0.0.1", number))
        except OSError as problem:
            found.close()
            if port is not None:
                raise SettingError(
                    f"Port {port} cannot be used: {problem.strerror}. Leave --port out, or take another."
                ) from None
        else:
            return found
    raise SettingError("No port is free for the studio; name one with --port.")


def serve(
    start: dict[str, Any], runs_dir: str, port: int | None = None, *, told: Callable[[str], None] = print,
    opens: bool = True, base_url: str | None = None,
) -> None:  # fmt: skip
    """Serves the studio until Ctrl-C. start: what the page opens first.  told: is given the link.

    base_url: the address that a proxy shows the page under.
    """
    for package in ("starlette", "uvicorn", "websockets"):
        require_package(package, "studio", "The studio")
    from chainrule.studio.guard import Address, Guard, new_token
    from chainrule.studio.processes import start_process

    bound = listening_socket(port)
    bound.listen(64)  # who follows the link at once waits until the app is up
    number, token = bound.getsockname()[1], new_token()
    address = Address(number, base_url)
    ready = start_process()  # it imports the library while the server and the browser start
    import uvicorn

    from chainrule.studio.app import build

    link = address.link(token)
    config = uvicorn.Config(
        Guard(build(start, runs_dir, ready), number, token, address), log_level="error", access_log=False, ws="websockets-sansio",
        ws_max_size=2**20, ws_per_message_deflate=False, server_header=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    told(link)
    if opens:
        import threading
        import webbrowser

        threading.Timer(0.3, webbrowser.open, [link]).start()
    server.run(sockets=[bound])
