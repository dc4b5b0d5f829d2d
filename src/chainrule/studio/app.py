"""The studio's routes. Each parses a request, asks one session, and replies."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from chainrule import __version__
from chainrule.studio.processes import SessionError, Sessions, Started, Watcher

PAGE = Path(__file__).parent / "page"
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".svg": "image/svg+xml"}  # fmt: skip
MOST_JSON, MOST_PHOTO, MOST_DATA = 1_000_000, 25_000_000, 100_000_000
SLOW = 10.0  # seconds in which a page must take a frame


def build(start: dict[str, Any], runs_dir: str, ready: Started | None = None) -> Starlette:
    """The app. start: what the page opens first: {"lesson": ...}, {"run": name}, {"model": path} or {}.

    ready: a process for the first session, where one was started already.
    """
    files = {path.name: path for path in PAGE.iterdir() if path.suffix in TYPES}

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.sessions = Sessions()
        app.state.sessions.prepare(ready)
        yield
        app.state.sessions.close()

    async def page(request: Request) -> Response:
        return file_response(files["index.html"])

    async def page_file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in files:
            raise SessionError("NotFound", f"The page has no file {name!r}.", 404)
        return file_response(files[name])

    async def first(request: Request) -> Response:
        return reply(json.dumps({**start, "version": __version__}))

    async def sessions(request: Request) -> Response:
        every = request.app.state.sessions
        if request.method == "GET":
            return reply(json.dumps({"sessions": [
                {"id": s.id, "kind": s.what[0], "settings": s.what[1], "watchers": len(s.watchers)} for s in every.open.values()
            ]}))  # fmt: skip
        asked = await body_of(request)
        if len(asked) != 1 or next(iter(asked)) not in ("lesson", "run"):
            raise SessionError("SettingError", 'Begin a session with {"lesson": {...}} or {"run": "NAME"}.')
        kind, settings = next(iter(asked.items()))
        if kind == "run":
            settings = json.loads(await every.help("runs", "find", {"run": settings, "runs_dir": runs_dir}))[
                "path"
            ]
        session, result = await every.begin(kind, settings)
        return reply(result[:-1] + f', "id": "{session.id}"}}')

    async def see(request: Request) -> Response:
        session = request.app.state.sessions.get(request.path_params["id"])
        return reply(await session.ask("see", request.path_params["what"], dict(request.query_params)))

    async def do(request: Request) -> Response:
        session = request.app.state.sessions.get(request.path_params["id"])
        return reply(await session.ask("do", request.path_params["action"], await body_of(request)))

    async def close(request: Request) -> Response:
        every = request.app.state.sessions
        every.get(request.path_params["id"]).close()
        del every.open[request.path_params["id"]]
        return reply("{}")

    async def use(request: Request) -> Response:
        every, settings = request.app.state.sessions, dict(request.query_params)
        content = await content_of(request, MOST_PHOTO)
        asked = {"query": settings, "content": content, "model": start.get("model")}
        if settings.get("session"):
            return reply(await every.get(settings["session"]).ask("use", request.path_params["what"], asked))
        return reply(await every.help("use", request.path_params["what"], asked))

    async def data(request: Request) -> Response:
        content = await content_of(request, MOST_DATA)
        return reply(await request.app.state.sessions.keep(content))

    async def runs(request: Request) -> Response:
        what = request.path_params.get("what", "list")
        asked = {"runs_dir": runs_dir, "run": request.path_params.get("name")}
        return reply(await request.app.state.sessions.help("runs", what, asked))

    async def live(socket: WebSocket) -> None:
        with suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
            await follow(socket)

    app = Starlette(
        routes=[
            Route("/", page),
            Route("/page/{name}", page_file),
            Route("/api/start", first),
            Route("/api/sessions", sessions, methods=["GET", "POST"]),
            Route("/api/sessions/{id}", close, methods=["DELETE"]),
            Route("/api/sessions/{id}/see/{what}", see),
            Route("/api/sessions/{id}/do/{action}", do, methods=["POST"]),
            WebSocketRoute("/api/sessions/{id}/live", live),
            Route("/api/use/{what}", use, methods=["POST"]),
            Route("/api/data", data, methods=["POST"]),
            Route("/api/runs", runs),
            Route("/api/runs/{name}/{what}", runs),
        ],
        exception_handlers={SessionError: told_error, HTTPException: told_http, Exception: told_unknown},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


async def follow(socket: WebSocket) -> None:
    """Sends frames until one of the two sides ends it."""
    await socket.accept()
    watcher = Watcher()
    try:
        session = socket.app.state.sessions.get(socket.path_params["id"])
        await session.watch(watcher)
    except SessionError as problem:
        await socket.send_text(
            json.dumps(
                {"error": {"kind": problem.kind, "message": problem.message, "status": problem.status}}
            )
        )
        await socket.close()
        return

    async def listen() -> None:
        while True:  # a page says nothing here; this notices when it leaves
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return

    listening = asyncio.create_task(listen())
    try:
        while not listening.done():
            news = asyncio.create_task(watcher.news.wait())
            await asyncio.wait({news, listening}, return_when=asyncio.FIRST_COMPLETED)
            news.cancel()
            watcher.news.clear()
            if watcher.ended is not None:
                await socket.send_text(
                    json.dumps({"error": {"kind": "SessionEnded", "message": watcher.ended, "status": 410}})
                )
                await socket.close()
                return
            frame, watcher.frame = watcher.frame, None
            if frame is not None and not listening.done():
                await asyncio.wait_for(socket.send_bytes(frame), SLOW)
    finally:
        listening.cancel()
        await session.leave(watcher)


# ── requests and replies ─────────────────────────────────────────────────────────────────────────────────────────


async def content_of(request: Request, most: int) -> bytes:
    """A request's body; SessionError where it is too large, before it is read whole."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > most:
            raise SessionError("TooLarge", f"At most {most / 1e6:g} MB can be sent.", 413)
        pieces.append(piece)
    return b"".join(pieces)


async def body_of(request: Request) -> dict[str, Any]:
    """A request's JSON object."""
    content = await content_of(request, MOST_JSON)
    try:
        found = json.loads(content or b"{}", parse_constant=float)
    except (ValueError, RecursionError):
        raise SessionError("SettingError", "The request's body is no JSON.") from None
    if not isinstance(found, dict):
        raise SessionError("SettingError", "The request's body must be a JSON object.")
    return found


def reply(answer: str | bytes) -> Response:
    """JSON for text, a packed message for bytes."""
    kind = "application/octet-stream" if isinstance(answer, bytes) else "application/json"
    return Response(answer, media_type=kind)


def file_response(path: Path) -> Response:
    """A file of the page."""
    return Response(path.read_bytes(), media_type=TYPES[path.suffix], headers={"cache-control": "no-cache"})


def error_response(kind: str, message: str, status: int) -> Response:
    """The one shape that errors have."""
    return Response(
        json.dumps({"error": {"kind": kind, "message": message, "status": status}}),
        status,
        media_type="application/json",
    )


async def told_error(request: Request, problem: Exception) -> Response:
    """A session's error."""
    assert isinstance(problem, SessionError)
    return error_response(problem.kind, problem.message, problem.status)


async def told_http(request: Request, problem: Exception) -> Response:
    """An address or method that there is not."""
    assert isinstance(problem, HTTPException)
    kind = {404: "NotFound", 405: "WrongMethod"}.get(problem.status_code, "HttpError")
    return error_response(
        kind, f"{request.method} {request.url.path}: {problem.detail}.", problem.status_code
    )


async def told_unknown(request: Request, problem: Exception) -> Response:
    """What nobody thought of: said in the terminal, not to the page."""
    return error_response("InternalError", "Something went wrong in the studio; its terminal says what.", 500)
