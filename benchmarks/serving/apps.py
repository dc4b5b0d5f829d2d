"""The servers that are compared: `python -m benchmarks.serving.apps KIND PORT MODEL`, KIND empty, onnx, keras or tensorflow.

All take the same request of the Open Inference Protocol (one digit as 784 whole numbers, JSON) and give ten probabilities.
"""

import sys


def empty():
    """A Starlette app with NumPy imported that reads the body and answers without looking."""
    import numpy  # noqa: F401, ICN001 - imported, as a server of arrays must
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def infer(request):
        await request.body()
        return JSONResponse(
            {"model_name": "digits", "outputs": [{"name": "output", "shape": [1, 10], "data": [0.1] * 10}]}
        )

    return Starlette(routes=[Route("/v2/models/digits/infer", infer, methods=["POST"])])


def onnx(model):
    """FastAPI with ONNX Runtime, one thread, as tutorials write it."""
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options)
    return _fastapi(lambda x: session.run(None, {"input": x.astype(np.float32) / 255})[0])


def keras(model):
    """FastAPI with Keras's model(x), as tutorials write it."""
    import keras as library

    network = library.models.load_model(model)
    return _fastapi(lambda x: library.ops.convert_to_numpy(network(x.astype("float32") / 255)))


def _fastapi(answer):
    import numpy as np
    from fastapi import FastAPI, Request

    app = FastAPI()

    async def infer(request):
        asked = (await request.json())["inputs"][0]
        outputs = answer(np.array(asked["data"]).reshape(asked["shape"]))
        return {
            "model_name": "digits",
            "outputs": [
                {"name": "output", "shape": list(outputs.shape), "data": outputs.reshape(-1).tolist()}
            ],
        }

    infer.__annotations__["request"] = Request
    app.post("/v2/models/digits/infer")(infer)
    return app


if __name__ == "__main__":
    import uvicorn

    made = {"empty": lambda _: empty(), "onnx": onnx, "keras": keras, "tensorflow": keras}[sys.argv[1]](
        sys.argv[3]
    )
    uvicorn.run(made, port=int(sys.argv[2]), log_level="warning", access_log=False)
