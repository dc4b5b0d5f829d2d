"""The server's OpenAPI document: every address, what it takes, and every status that it may answer with."""

from typing import TYPE_CHECKING, Any

from chainrule.server.protocol import DTYPES

if TYPE_CHECKING:
    from chainrule.server.settings import Settings

REASONS = {
    "400": "The request is malformed; the reason says where.", "401": "A token is needed.", "403": "This host or origin may not ask.",
    "404": "There is no such model.", "408": "The body came too slowly.", "413": "The body, picture or batch is too large.",
    "415": "This content type or encoding is not read.", "422": "The content cannot be answered.",
    "429": "Too many wrong tokens.", "503": "Too much waits already; ask again after Retry-After.",
}  # fmt: skip
ACCESS = ("401", "403", "429")
BODY = ("400", "404", "408", "413", "415", "422", "503")


def document(settings: "Settings", names: list[str]) -> dict[str, Any]:
    """The document as a dict that JSON can hold. names: of the models that are served."""
    from chainrule import __version__

    model, version = _parameter("name", names), _parameter("version", ["1"])
    paths: dict[str, Any] = {
        "/v2/health/live": {"get": _empty("Whether the process answers", ())},
        "/v2/health/ready": {"get": _empty("Whether all models are loaded and warmed", ("503",))},
        "/v2": {"get": _operation("Server metadata", _ref("ServerMetadata"))},
        "/v2/models/stats": {"get": _operation("Statistics of all models", _ref("Statistics"))},
        "/v2/repository/index": {
            "post": _operation("The models there are", {"type": "array"}, ("400", "408", "413", "415"))
        },
        "/models": {"get": _operation("The names of the models", {"type": "object", "required": ["models"]})},
        "/metrics": {"get": _operation("Counts for Prometheus", None, kind="text/plain")},
        "/predict": {"post": _predict("Answers for pictures or arrays, where there is one model", [])},
        "/models/{name}/predict": {"post": _predict("Answers for pictures or arrays", [model])},
    }
    for path, parameters in (
        ("/v2/models/{name}", [model]),
        ("/v2/models/{name}/versions/{version}", [model, version]),
    ):
        paths |= {
            path: {"get": _operation("Model metadata and card", _ref("ModelMetadata"), ("404",), parameters)},
            path + "/config": {
                "get": _operation("Model configuration", {"type": "object"}, ("404",), parameters)
            },
            path + "/stats": {"get": _operation("Statistics", _ref("Statistics"), ("404",), parameters)},
            path + "/ready": {
                "get": _empty("Whether the model answers", ("404", "503", *ACCESS), parameters)
            },
            path + "/infer": {"post": _infer(parameters)},
        }
    found: dict[str, Any] = {
        "openapi": "3.1.0", "info": {"title": "Chainrule", "version": __version__},
        "paths": paths, "components": {"schemas": SCHEMAS},
    }  # fmt: skip
    if settings.token is not None:
        found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        found["security"] = [{"token": []}]
    return found


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _parameter(name: str, known: list[str]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "enum": known}}


def _errors(statuses: tuple[str, ...]) -> dict[str, Any]:
    return {
        status: {"description": REASONS[status], "content": {"application/json": {"schema": _ref("Error")}}}
        for status in statuses
    }


def _operation(
    summary: str,
    schema: Any,
    more: tuple[str, ...] = (),
    parameters: Any = (),
    kind: str = "application/json",
) -> dict[str, Any]:
    content = {kind: {"schema": schema} if schema is not None else {}}
    answers = {"200": {"description": "Answered", "content": content}} | _errors((*more, *ACCESS))
    return {"summary": summary, "parameters": list(parameters), "responses": answers}


def _empty(summary: str, more: tuple[str, ...], parameters: Any = ()) -> dict[str, Any]:
    answers: dict[str, Any] = {"200": {"description": "Yes"}} | {
        status: {"description": REASONS[status]} for status in more
    }
    return {"summary": summary, "parameters": list(parameters), "responses": answers}


def _infer(parameters: Any) -> dict[str, Any]:
    result = _operation("Inference (Open Inference Protocol)", _ref("InferenceResponse"), BODY, parameters)
    result["responses"]["200"]["content"]["application/octet-stream"] = {}
    return result | {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref("InferenceRequest")}},
        }
    }


def _predict(summary: str, parameters: list[Any]) -> dict[str, Any]:
    asked = [
        {"name": "top", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 9999}},
        {"name": "single", "in": "query", "schema": {"type": "integer", "enum": [0, 1]}},
        {"name": "stages", "in": "query", "schema": {"type": "integer", "enum": [0, 1]}},
    ]  # fmt: skip
    file = {
        "type": "object",
        "properties": {"file": {"type": "string", "format": "binary"}},
        "required": ["file"],
    }
    body = {
        "application/json": {"schema": _ref("Examples")}, "image/png": {"schema": {"type": "string", "format": "binary"}},
        "image/jpeg": {"schema": {"type": "string", "format": "binary"}}, "multipart/form-data": {"schema": file},
    }  # fmt: skip
    result = _operation(summary, _ref("Answers"), BODY, [*parameters, *asked])
    return result | {"requestBody": {"required": True, "content": body}}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": required | (optional or {})}


TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
SHAPE = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1, "maxItems": 8}
TENSOR = {"name": TEXT, "datatype": TEXT, "shape": {"type": "array", "items": WHOLE}}

SCHEMAS: dict[str, Any] = {
    "Error": _object({"error": TEXT}),
    "ServerMetadata": _object({"name": TEXT, "version": TEXT, "extensions": {"type": "array", "items": TEXT}}),
    "ModelMetadata": _object({
        "name": TEXT, "versions": {"type": "array", "items": TEXT}, "platform": TEXT,
        "inputs": {"type": "array", "items": _object(TENSOR)}, "outputs": {"type": "array", "items": _object(TENSOR)},
    }, {"parameters": {"type": "object"}}),
    "Statistics": _object({"model_stats": {"type": "array", "items": {"type": "object"}}}),
    "InferenceRequest": _object({
        "inputs": {"type": "array", "minItems": 1, "items": _object({
            "name": TEXT, "datatype": {"enum": list(DTYPES)}, "shape": SHAPE,
            "data": {"type": "array", "items": {"type": "number"}},
        })},
    }, {"id": {"type": "string", "maxLength": 200}}),
    "InferenceResponse": _object({
        "model_name": TEXT, "model_version": TEXT,
        "outputs": {"type": "array", "items": _object(TENSOR)},
    }, {"id": TEXT}),
    "Examples": _object({"inputs": {"type": "array", "minItems": 1}}),
    "Answers": _object({"model": TEXT, "answers": {"type": "array", "items": _object({
        "text": {"type": ["string", "null"]}, "probability": {"type": ["number", "null"]}, "refused": {"type": ["string", "null"]},
    })}}),
}  # fmt: skip
