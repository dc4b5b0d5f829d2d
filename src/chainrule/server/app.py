"""The server as an ASGI application: which path is answered by what, with which status.

Inference goes a short way of its own, because it is asked most; everything else goes through Starlette's routes.
"""

import asyncio
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route, Router

from chainrule.errors import ChainruleError, nearest
from chainrule.server import protocol, protocol_metadata
from chainrule.server.decoder import Decoder
from chainrule.server.guard import COOKIE, GoneError, Guard, body_of
from chainrule.server.metrics import Metrics
from chainrule.server.models import ServedModel
from chainrule.server.pictures import Pictures
from chainrule.server.settings import RefusedError, Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

HEALTH = ("/v2/health/live", "/v2/health/ready")
HEADERS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
SAID = {b"content-length", *(name for name, _ in HEADERS)}
PAGE_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
JSON = b"application/json"
KINDS = (JSON, b"application/octet-stream")


class App:
    """Answers requests about some models. `ready` is what /v2/health/ready says; `stopping` closes connections politely."""

    def __init__(self, models: dict[str, ServedModel], settings: Settings, shared: str | None = None) -> None:
        self.models, self.settings = models, settings
        self.guard, self.metrics, self.decoder = Guard(settings), Metrics(models, shared), Decoder()
        self.pictures = Pictures(self.decoder, settings)
        self.ready, self.stopping = True, False
        self.prefix, self.number = os.urandom(6).hex(), 0
        self.router = Router(self._routes())
        self.log: Any = sys.stderr
        self.direct = {f"/v2/models/{name}{version}/infer": model
                       for name, model in models.items() for version in ("", "/versions/1")}  # fmt: skip
        self.lines = {f"POST {path} HTTP/1.1".encode(): model for path, model in self.direct.items()}
        self.heads: dict[bytes, Any] = {}  # of requests that go the short way

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self.decoder.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _http(self, scope: Any, receive: Any, send: Any) -> None:
        began, headers = time.perf_counter_ns(), dict(scope["headers"])
        identity = self.identity(headers.get(b"x-request-id"))
        path, method, self.metrics.active = scope["path"], scope["method"], self.metrics.active + 1
        kind = "other"
        try:
            if path in HEALTH:
                kind = "health"
                body, status = self._health(path, method)
                more: list[Any] = []
            else:
                model = self.direct.get(path) if method == "POST" else None
                kind = "other" if model is None else "infer"
                cookie = self.guard.check(headers, scope["query_string"], (scope["client"] or ("",))[0])
                if model is not None:
                    body, more = await self._infer(model, receive, headers)
                    status = 200
                else:
                    kind, response = await self._routed(scope, receive, headers, cookie)
                    body, status, more = bytes(response.body), response.status_code, response.raw_headers
        except GoneError:
            self.metrics.active -= 1
            self.metrics.count(kind, 499, time.perf_counter_ns() - began)
            return
        except Exception as problem:  # noqa: BLE001 - one request must not take the server with it
            status, body, more = self.refusal(problem, identity)
        self.metrics.active -= 1
        # content-length is said once; a connection that should end after this answer says so
        if kind != "infer":
            more = [*(pair for pair in more if pair[0] not in SAID), *HEADERS]
        more += self.general(status, b"x-request-id" in headers, identity, more)
        await send({
            "type": "http.response.start", "status": status,
            "headers": [*more, (b"content-length", b"%d" % len(body))],
        })  # fmt: skip
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})
        self.count(kind, status, time.perf_counter_ns() - began, scope, identity, len(body))

    def general(self, status: int, id_given: bool, identity: bytes, more: list[Any]) -> list[Any]:
        """Headers that any answer may have: whether the connection ends, and the request's id where somebody may look for it."""
        found = [(b"x-request-id", identity)] if id_given or status >= 400 or self.settings.access_log else []
        if self.stopping and not any(name == b"connection" for name, _ in more):
            found.append((b"connection", b"close"))
        return found

    def refusal(self, problem: Exception, identity: bytes) -> tuple[int, bytes, list[Any]]:
        """Status, body and headers for a request that is not answered; what nobody foresaw is in the log."""
        if isinstance(problem, RefusedError):
            headers = [(name.encode(), value.encode("latin-1")) for name, value in problem.headers.items()]
            body = json.dumps({"error": problem.reason}).encode()
            return problem.status, body, [(b"content-type", JSON), *headers, *HEADERS]
        print(json.dumps({"request_id": identity.decode(), "error": repr(problem)}), file=self.log)
        body = b'{"error": "Something unforeseen went wrong; the log says what."}'
        return 500, body, [(b"content-type", JSON), *HEADERS]

    def count(self, kind: str, status: int, took: int, scope: Any, identity: bytes, size: int) -> None:
        """Counts an answer, and writes its line."""
        self.metrics.count(kind, status, took)
        if self.settings.access_log:
            self._write_log(scope, identity, status, size, took)

    def identity(self, given: bytes | None) -> bytes:
        """The caller's request id, or a new one."""
        if given is not None and len(given) <= 128 and given.isascii() and given.decode().isprintable():
            return given
        self.number += 1
        return f"{self.prefix}-{self.number}".encode()

    def _write_log(self, scope: Any, identity: bytes, status: int, size: int, took: int) -> None:
        """One line of JSON about a request; never what is behind the question mark, where a token may be."""
        line = {
            "time": round(time.time(), 3), "request_id": identity.decode(), "client": (scope["client"] or ("",))[0],
            "method": scope["method"], "path": scope["path"][:200], "status": status, "bytes": size, "ms": round(took / 1e6, 2),
        }  # fmt: skip
        self.log.write(json.dumps(line) + "\n")

    # ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _health(self, path: str, method: str) -> tuple[bytes, int]:
        if method not in ("GET", "HEAD"):
            raise RefusedError(405, f"{path} takes GET.", {"allow": "GET, HEAD"})
        return b"", 200 if path.endswith("live") or (self.ready and not self.stopping) else 503

    async def _infer(
        self, model: ServedModel, receive: Any, headers: dict[bytes, bytes]
    ) -> tuple[bytes, list[Any]]:
        """The Open Inference Protocol's answer to one request."""
        began, stats = time.perf_counter_ns(), model.stats
        try:
            asked = self.asked(await body_of(receive, headers, self.settings), headers, model)
            said = await model.batcher.submit(asked.xs)
            found = self.answered(asked, said, model)
        except BaseException:
            stats.failed(began)
            raise
        stats.succeeded(began)
        return found

    def asked(self, content: bytes, headers: dict[bytes, bytes], model: ServedModel) -> protocol.Inference:
        """What a body of the protocol asks for; RefusedError where it is none."""
        kind = headers.get(b"content-type")
        if kind is not None and kind not in KINDS and kind.split(b";")[0].strip().lower() not in KINDS:
            raise RefusedError(
                415, f"Content-Type: expected application/json; got {kind[:80].decode('latin-1')}."
            )
        length = headers.get(b"inference-header-content-length")
        return protocol.read_request(
            content,
            None if length is None else length.decode("latin-1"),
            model,
            self.settings.max_examples,
        )

    @staticmethod
    def answered(asked: protocol.Inference, said: Any, model: ServedModel) -> tuple[bytes, list[Any]]:
        """The body of an answer, and its headers."""
        head, tail, more = protocol.response(asked, said, model)
        fields = [(b"content-type", b"application/octet-stream" if tail else JSON)]
        fields += [(name.encode(), value.encode()) for name, value in more.items()]
        return head + tail, fields

    async def _routed(
        self, scope: Any, receive: Any, headers: dict[bytes, bytes], cookie: bool
    ) -> "tuple[str, Response]":
        """What Starlette's routes say, and the kind of the route for the counts."""
        if cookie and scope["method"] == "GET":
            return "page", self._with_cookie()
        content = (
            await body_of(receive, headers, self.settings)
            if scope["method"] in ("POST", "PUT", "PATCH")
            else b""
        )
        allowed: set[str] = set()
        for route in self.router.routes:
            assert isinstance(route, Route)
            match, more = route.matches(scope)
            if match.value == 2:
                scope.update(more)
                scope["content"] = content
                endpoint: Callable[[Request], Awaitable[Response]] = route.endpoint
                try:
                    return route.name, await endpoint(Request(scope, receive))
                except HTTPException as problem:
                    raise RefusedError(problem.status_code, problem.detail) from None
            if match.value == 1:
                allowed |= route.methods or set()
        if allowed:
            raise RefusedError(
                405,
                f"This address takes {', '.join(sorted(allowed))}.",
                {"allow": ", ".join(sorted(allowed))},
            )
        raise RefusedError(404, "There is nothing at this address; /openapi.json lists what there is.")

    def _with_cookie(self) -> Response:
        """The token from the address goes into a cookie that scripts cannot read, and out of the address."""
        response = RedirectResponse("/", status_code=303)
        response.set_cookie(COOKIE, self.settings.token or "", httponly=True, samesite="strict", path="/")
        response.headers["referrer-policy"] = "no-referrer"
        return response

    def model(self, request: Request) -> ServedModel:
        """The model that an address names; RefusedError 404 with the nearest."""
        name = request.path_params.get("name")
        if name is None:
            if len(self.models) != 1:
                raise RefusedError(
                    404, f"There are several models; ask at /models/NAME/predict: {', '.join(self.models)}."
                )
            return next(iter(self.models.values()))
        version = request.path_params.get("version", "1")
        if name in self.models and version == "1":
            return self.models[name]
        if name in self.models:
            raise RefusedError(404, f"{name} has one version, 1; asked was {version[:40]!r}.")
        guess = nearest(name, self.models)
        raise RefusedError(
            404, f"There is no model {name[:100]!r}.{f' Did you mean {guess!r}?' if guess else ''}"
        )

    def _routes(self) -> list[Route]:
        def get(path: str, name: str, endpoint: Any) -> Route:
            return Route(path, endpoint, methods=["GET"], name=name)

        def post(path: str, name: str, endpoint: Any) -> Route:
            return Route(path, endpoint, methods=["POST"], name=name)

        routes = [
            get("/", "page", self._page), get("/openapi.json", "openapi", self._openapi), get("/metrics", "metrics", self._metrics),
            get("/v2", "metadata", self._json(lambda _: protocol_metadata.server_metadata())),
            get("/v2/models/stats", "stats", self._json(lambda _: protocol_metadata.statistics(list(self.models.values())))),
            get("/models", "models", self._json(lambda _: {"models": list(self.models)})),
            post("/v2/repository/index", "metadata", self._json(lambda _: self._index())),
            post("/predict", "predict", self._predict), post("/models/{name}/predict", "predict", self._predict),
        ]  # fmt: skip
        for version in ("", "/versions/{version}"):
            at = "/v2/models/{name}" + version
            routes += [
                get(at, "metadata", self._json(lambda request: protocol_metadata.metadata(self.model(request)))),
                get(at + "/config", "metadata", self._json(lambda request: protocol_metadata.configuration(self.model(request)))),
                get(at + "/stats", "stats", self._json(lambda request: protocol_metadata.statistics([self.model(request)]))),
                get(at + "/ready", "health", self._model_ready), post(at + "/infer", "infer", self._json(self.model)),
            ]  # fmt: skip
        return routes

    def _json(self, content: Any) -> Any:
        async def endpoint(request: Request) -> Response:
            return Response(json.dumps(content(request)), media_type="application/json")

        return endpoint

    async def _model_ready(self, request: Request) -> Response:
        self.model(request)
        return Response(status_code=200 if self.ready and not self.stopping else 503)

    def _index(self) -> Any:
        return [{"name": name, "version": "1", "state": "READY", "reason": ""} for name in self.models]

    async def _predict(self, request: Request) -> Response:
        answers = await self.pictures.answer(request, request.scope["content"], self.model(request))
        return Response(json.dumps(answers), media_type="application/json")

    async def _metrics(self, request: Request) -> Response:
        text, kind = self.metrics.text()
        return Response(text, headers={"content-type": kind})

    async def _openapi(self, request: Request) -> Response:
        from chainrule.server.openapi import document

        return Response(json.dumps(document(self.settings, list(self.models))), media_type="application/json")

    async def _page(self, request: Request) -> Response:
        page = (Path(__file__).parent / "page.html").read_text(encoding="utf-8")
        models = [
            {"name": m.name, "pictures": m.card.digits or m.card.preparation.get("kind") == "picture"}
            for m in self.models.values()
        ]
        page = page.replace("@MODELS@", json.dumps(models).replace("<", "\\u003c"))
        return HTMLResponse(
            page, headers={"content-security-policy": PAGE_POLICY, "referrer-policy": "no-referrer"}
        )


def models_of(files: dict[str, str], settings: Settings) -> dict[str, ServedModel]:
    """The models of these files, loaded and warmed; ChainruleError for the first that cannot be."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="chainrule")
    return {name: ServedModel(name, path, settings, pool) for name, path in files.items()}


async def watch(app: App, seconds: float = 1.0) -> None:
    """Loads files again that were replaced, and shares counts, for as long as the server runs."""
    while True:
        await asyncio.sleep(seconds)
        app.metrics.share()
        await reload(app, only_changed=True)


async def reload(app: App, only_changed: bool = False) -> None:
    """Loads the models' files again, beside the old ones; a file that is refused leaves the old one in place, and is said."""
    loop = asyncio.get_running_loop()
    for model in app.models.values():
        if only_changed and not model.changed():
            continue
        try:
            problem = await loop.run_in_executor(None, model.reload)
        except (ChainruleError, OSError) as error:
            problem = str(error)
        outcome = f"refused, the old one stays: {problem}" if problem else "loaded again"
        print(
            json.dumps({"model": model.name, "file": model.path, "reload": outcome}), file=app.log, flush=True
        )


__all__ = ["App", "models_of", "reload", "watch"]
