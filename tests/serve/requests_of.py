"""Requests that the tests of the server send."""

import numpy as np


def tensor(x, datatype="FP32", **more):
    """A request's JSON for some examples."""
    x = np.asarray(x)
    return {
        "inputs": [
            {"name": "input", "shape": list(x.shape), "datatype": datatype, "data": x.reshape(-1).tolist()}
        ],
        **more,
    }
