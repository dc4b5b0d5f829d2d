"""Answers over HTTP: the Open Inference Protocol for programs, pictures and a page for people.

MODELS are .keras or .h5 files, or NAME=FILE; without any the bundled digit reader is served. They are loaded and warmed
before the server says that it is ready. A file that is replaced is loaded again (SIGHUP does it at once); a file that cannot be
used is refused, and the old one stays. Ctrl-C and SIGTERM answer what was accepted and end with exit code 0.

Only this machine is served unless --host says otherwise; beyond it a token is asked for, which is printed, unless --no-auth.
TLS is a proxy's work.
"""

import os
import sys
from typing import TYPE_CHECKING, Any

from chainrule.cli import paths
from chainrule.cli.output import Output
from chainrule.cli.parser import Parser, above_zero, whole
from chainrule.errors import SettingError, require_package

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.server.settings import Settings

EXAMPLES = ("chainrule serve", "chainrule serve digits.keras letters=emnist.h5 --port 8080 --workers 2")


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument(
        "models",
        nargs="*",
        metavar="MODELS",
        help="model files, or NAME=FILE (default: the bundled digit reader)",
    )
    group = parser.add_argument_group("where")
    group.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="the address to listen at (default 127.0.0.1; 0.0.0.0 is all)",
    )
    group.add_argument(
        "--port", type=whole(0), default=8000, metavar="N", help="the port (default 8000; 0 is any free one)"
    )
    group.add_argument(
        "--workers", type=whole(1), default=1, metavar="N", help="processes that answer (default 1)"
    )
    group = parser.add_argument_group("who may ask")
    group.add_argument(
        "--token", metavar="TEXT", help="what callers must show (default beyond this machine: a random one)"
    )
    group.add_argument("--no-auth", action="store_true", help="no token, also beyond this machine")
    group.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name under which the server is asked; may be repeated",
    )
    group = parser.add_argument_group("limits")
    group.add_argument(
        "--max-body", type=whole(1), default=16, metavar="MB", help="megabytes of one request (default 16)"
    )
    group.add_argument(
        "--max-batch",
        type=whole(1),
        default=32,
        metavar="N",
        help="examples in one forward pass (default 32)",
    )
    group.add_argument(
        "--queue", type=whole(1), default=2048, metavar="N", help="examples that may wait (default 2048)"
    )
    group.add_argument(
        "--timeout",
        type=above_zero,
        default=20.0,
        metavar="SECONDS",
        help="for a request to arrive (default 20)",
    )
    parser.add_argument("--no-access-log", action="store_true", help="no line on stderr for each request")
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Serves until told to stop."""
    for package in ("starlette", "uvicorn", "msgspec"):
        require_package(package, "serve", "chainrule serve")
    from chainrule.server import run as server
    from chainrule.server.models import named

    files = named(args.models) if args.models else {"digits": bundled()}
    for path in files.values():
        paths.existing(path, "model file")
    settings = settings_of(args)
    sock = server.listening(settings)
    host, port = sock.getsockname()[:2]
    at = f"http://{f'[{host}]' if ':' in host else host}:{port}/"

    def ready() -> None:
        token = f"?token={settings.token}" if settings.token else ""
        out.give(
            {"url": at, "token": settings.token, "models": files, "workers": args.workers, "pid": os.getpid()}
        )
        out.say(f"Serving {', '.join(files)} at {out.bold(at + token)}")
        out.flush()

    if args.workers == 1:
        return server.serve(files, settings, sock, ready=ready)
    if not hasattr(os, "fork"):
        raise SettingError("--workers needs Linux or macOS; here start several servers behind a proxy.")
    return server.supervise(files, settings, sock, args.workers, ready)


def bundled() -> str:
    """The file of the bundled digit reader."""
    from chainrule import pretrained

    return str(pretrained.digits())


def settings_of(args: "Namespace") -> "Settings":
    """The server's settings, with a random token where one is needed."""
    from chainrule.server.settings import Settings

    if args.port > 65535:
        raise SettingError(f"--port: expected a number up to 65535; got {args.port}.")
    if args.token is not None and args.no_auth:
        raise SettingError("--token and --no-auth exclude each other.")
    if args.token is not None and (
        len(args.token) < 16
        or not args.token.isascii()
        or not args.token.replace("-", "").replace("_", "").isalnum()
    ):
        raise SettingError(
            "--token: expected at least 16 letters, digits, - or _; leave it out for a random one."
        )
    more: dict[str, Any] = {"token": args.token or os.environ.get("CHAINRULE_TOKEN")}
    settings = Settings(
        args.host, args.port, allow_hosts=tuple(args.allow_host), max_body=args.max_body << 20, max_batch=args.max_batch,
        queue=args.queue, body_seconds=args.timeout, header_seconds=min(10.0, args.timeout), access_log=not args.no_access_log, **more,
    )  # fmt: skip
    if settings.token is None and not settings.loopback and not args.no_auth:
        import secrets
        from dataclasses import replace

        settings = replace(settings, token=secrets.token_urlsafe(32))
    if settings.token is None and not settings.loopback:
        print("Anybody who reaches this address may ask (--no-auth).", file=sys.stderr)
    return settings
