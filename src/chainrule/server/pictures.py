"""What people send: photos, arrays, rows of a table; answered as `chainrule predict` answers."""

import asyncio
import base64
import io
import os
import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import ChainruleError, DataError
from chainrule.server.protocol import bad, parsed_json
from chainrule.server.settings import RefusedError, Settings, overloaded

if TYPE_CHECKING:
    from starlette.requests import Request

    from chainrule.inference.answer import Answer
    from chainrule.server.decoder import Decoder
    from chainrule.server.models import ServedModel

Array = np.ndarray[Any, Any]
KINDS = "image/*, application/octet-stream, multipart/form-data, application/json, text/csv"
LARGEST_STAGE = 800  # pixels of a side


class Pictures:
    """Answers `/predict`. Few requests may wait: reading a photo takes some 0.1 s, and who waits longer should be told."""

    def __init__(self, decoder: "Decoder", settings: Settings) -> None:
        self.decoder, self.settings, self.waiting = decoder, settings, 0

    async def answer(self, request: "Request", content: bytes, model: "ServedModel") -> dict[str, Any]:
        """The answers to what a request holds; RefusedError with a status and a reason otherwise."""
        if len(model.input_names) > 1 or len(model.output_names) > 1:
            raise bad(
                f"{model.name} has several inputs or outputs; it is asked at /v2/models/{model.name}/infer."
            )
        asked = query(request)
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if self.waiting >= self.settings.pictures_waiting:
            raise overloaded()
        self.waiting += 1
        try:
            if kind == "application/json":
                said = await _in_thread(
                    model, _rows, model, array_of(parsed_json(content), self.settings.max_examples)
                )
            elif kind == "text/csv":
                said = await _in_thread(model, _table, model, content)
            elif kind.startswith("image/") or kind == "application/octet-stream":
                said = [await self._picture(model, content, "The picture", asked)]
            elif kind == "multipart/form-data":
                files = await self._files(request, content)
                said = [await self._picture(model, part, name, asked) for name, part in files]
            else:
                raise RefusedError(415, f"Content-Type: expected one of {KINDS}; got {kind[:80] or 'none'}.")
        except (ChainruleError, ValueError) as problem:
            if isinstance(problem, RefusedError):
                raise
            raise RefusedError(422, str(problem)) from None
        finally:
            self.waiting -= 1
        answers = [as_json(answer, asked) for answer in said]
        return {"model": model.name, "answers": answers}

    async def _picture(
        self, model: "ServedModel", content: bytes, name: str, asked: dict[str, int]
    ) -> "Answer":
        if not content:
            raise bad("There is no picture in the request.")
        picture = await self.decoder.read(content, name)
        answer: Answer = await _in_thread(model, _read, model, name, picture, bool(asked["single"]))
        return answer

    async def _files(self, request: "Request", content: bytes) -> list[tuple[str, bytes]]:
        """The files of a form, in their order."""
        import logging

        from starlette.formparsers import MultiPartException, MultiPartParser

        logging.getLogger("python_multipart").setLevel(
            logging.CRITICAL
        )  # a broken form is the caller's, and is told to them

        async def stream() -> Any:
            yield content

        most = self.settings.max_pictures
        try:
            form = await MultiPartParser(
                request.headers, stream(), max_files=most + 1, max_fields=most
            ).parse()
        except (MultiPartException, KeyError, ValueError) as problem:
            raise bad(
                f"The form cannot be read: {getattr(problem, 'message', None) or problem}."[:300]
            ) from None
        found = []
        for _, part in form.multi_items():
            if isinstance(part, str):
                continue
            found.append(((part.filename or "The picture")[:200], await part.read()))
        await form.close()
        if not found:
            raise bad("There is no file in the form.")
        if len(found) > most:
            raise RefusedError(413, f"A request holds at most {most} pictures.")
        return found


async def _in_thread(model: "ServedModel", function: Any, *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(model.pool, function, *arguments)


def _read(model: "ServedModel", name: str, picture: Any, single: bool) -> "Answer":
    from dataclasses import replace

    return (
        replace(model.predictor, single=single).picture(name, picture)
        if single
        else model.predictor.picture(name, picture)
    )


def _rows(model: "ServedModel", x: Array) -> "list[Answer]":
    return model.predictor.rows("request", x)


def _table(model: "ServedModel", content: bytes) -> "list[Answer]":
    if model.card.preparation.get("kind") != "table":
        raise DataError(f"{model.name} takes {model.card.preparation['kind']}s, not tables.")
    with tempfile.TemporaryDirectory(prefix="chainrule-") as folder:
        path = os.path.join(folder, "request.csv")  # noqa: PTH118 - the predictor takes names
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(content)
        try:
            return list(model.predictor.read(path))
        except ChainruleError as problem:
            raise DataError(str(problem).replace(path, "request.csv")) from None


def array_of(asked: Any, most: int) -> Array:
    """The examples in a JSON body: a list, or {"inputs": [...]}."""
    given = asked.get("inputs") if isinstance(asked, dict) else asked
    if not isinstance(given, list) or not given:
        raise bad(
            'expected JSON such as {"inputs": [[0.0, 0.5, ...]]}: a list of examples, each a list of numbers.'
        )
    if len(given) > most and isinstance(given[0], list):
        raise RefusedError(413, f"A request holds at most {most} examples; got {len(given)}.")
    try:
        array = np.array(given)
    except (ValueError, TypeError, OverflowError):
        array = np.array(None)
    if array.dtype.kind not in "buif":
        raise bad("expected examples of one shape, each a list of numbers.")
    return array


def query(request: "Request") -> dict[str, int]:
    """The words behind the question mark: top, single, stages; RefusedError 400 for others."""
    found = {"top": 1, "single": 0, "stages": 0}
    for name, word in request.query_params.multi_items():
        if name == "token":
            continue
        if name not in found:
            raise bad(f"There is no parameter {name[:40]!r}; known: top, single, stages.")
        if (
            not (word.isascii() and word.isdigit())
            or (name != "top" and word not in "01")
            or not 0 <= int(word[:9]) < 10_000
        ):
            raise bad(
                f"{name}: expected {'a whole number' if name == 'top' else '0 or 1'}; got {word[:40]!r}."
            )
        found[name] = int(word)
    return found


def as_json(answer: "Answer", asked: dict[str, int]) -> dict[str, Any]:
    """One answer as JSON; with stages=1 how the picture was prepared, stage by stage."""
    found = answer.to_dict(max(1, asked["top"]))
    if asked["stages"] and answer.reading is not None:
        prepared = answer.reading.prepared
        found["notes"] = list(prepared.notes)
        found["stage_pictures"] = [
            {"name": name, "png": png(pixels)} for name, pixels in prepared.stages.items()
        ]
        found["seen_pictures"] = [png(pixels) for pixels in answer.seen]
    return found


def png(pixels: Array) -> str:
    """A picture as base64 of a PNG, at most LARGEST_STAGE pixels wide and high."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.thumbnail((LARGEST_STAGE, LARGEST_STAGE))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()
