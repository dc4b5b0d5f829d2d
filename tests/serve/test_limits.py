"""Bad requests get the right status and a reason at once, and cost nobody else anything."""

import asyncio
import contextlib
import gzip
import json
import socket
import time

import httpx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests_of import tensor

GOOD = tensor(np.zeros((2, 4)))
INFER = "/v2/models/small/infer"


def changed(**more):
    """A good request with something else in its input."""
    return {"inputs": [GOOD["inputs"][0] | more]}


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ("{", 400, "The body is not JSON"),
        ("", 400, "The body is not JSON"),
        ("[" * 100_000, 400, "nested too deeply"),
        ("[]", 400, "must be a JSON object"),
        ('{"inputs": NaN}', 400, "The body is not JSON"),
        ({}, 400, "'inputs' must be a list"),
        ({"inputs": []}, 400, "'inputs' must be a list with the one input"),
        ({"inputs": [GOOD["inputs"][0]] * 2}, 400, "'inputs' must be a list with the one input"),
        (changed(name="inputs"), 400, "There is no input called 'inputs'; it is called 'input'"),
        (changed(datatype="FLOAT"), 400, "datatype: expected one of BOOL"),
        (changed(datatype=["FP32"]), 400, "datatype: expected one of"),
        (changed(shape="2,4"), 400, "shape: expected a list of whole numbers"),
        (changed(shape=[2, -4]), 400, "shape: expected"),
        (changed(shape=[True, 4]), 400, "shape: expected"),
        (changed(shape=[2, 5]), 400, "shape [2, 5] needs 10 numbers; 'data' has 8"),
        (changed(shape=[8]), 400, "takes examples of shape [4]"),
        (changed(shape=[1] * 9), 400, "shape: expected"),
        (changed(shape=[1 << 39, 1 << 39]), 400, "needs"),
        (changed(data=["a"] * 8), 400, "'data' must be a list of numbers"),
        (changed(data=[[1, 2], [3]]), 400, "'data' must be a list of numbers"),
        (changed(data={"a": 1}), 400, "'data' must be a list of numbers"),
        (changed(data=[1e39] * 8), 400, "too large for 32 bits"),
        (changed(data=[10**400] + [0] * 7), 400, "'data'"),
        (changed(datatype="UINT8", data=[256] * 8), 400, "numbers that are not UINT8"),
        (changed(datatype="INT64", data=[0.5] * 8), 400, "numbers that are not INT64"),
        (changed(parameters={"binary_data_size": 32}), 400, "not both"),
        (GOOD | {"id": 7}, 400, "'id' must be a text"),
        (GOOD | {"parameters": []}, 400, "'parameters' must be an object"),
        (GOOD | {"outputs": [{"name": "probabilities"}]}, 400, "There is no output called 'probabilities'"),
        (
            GOOD | {"outputs": [{"name": "output", "parameters": {"binary_data": 1}}]},
            400,
            "expected true or false",
        ),
        (
            GOOD | {"outputs": [{"name": "output", "parameters": {"classification": -1}}]},
            400,
            "classification: expected",
        ),
        (tensor(np.zeros((1025, 4))), 413, "1 to 1024 examples; got 1025"),
    ],
)
def test_malformed_requests_are_refused_with_the_reason(ask, body, status, reason) -> None:
    """One sentence that says what came and what was expected."""
    said = ask.post(
        INFER,
        content=body if isinstance(body, str) else json.dumps(body),
        headers={"content-type": "application/json"},
    )
    assert said.status_code == status
    assert reason in said.json()["error"]


@pytest.mark.parametrize(
    ("headers", "content", "status", "reason"),
    [
        (
            {"inference-header-content-length": "9999"},
            b"{}",
            400,
            "Inference-Header-Content-Length: expected a number up to",
        ),
        ({"inference-header-content-length": "-1"}, b"{}", 400, "Inference-Header-Content-Length: expected"),
        ({"inference-header-content-length": "2"}, b"{}more", 400, "'inputs' must be"),
        ({"content-type": "text/html"}, b"{}", 415, "expected application/json; got text/html"),
        ({"content-encoding": "br"}, b"{}", 415, "expected gzip or deflate; got 'br'"),
        ({"content-encoding": "gzip"}, b"{}", 400, "The body is not gzip"),
        ({"content-encoding": "gzip"}, gzip.compress(b"x" * 1000, mtime=0)[:-9], 400, "ends too early"),
        (
            {"content-encoding": "gzip"},
            gzip.compress(b"0" * (17 << 20), mtime=0),
            413,
            "at most 16,777,216 bytes",
        ),
    ],
)
def test_headers_are_checked(ask, headers, content, status, reason) -> None:
    """Lengths, types and encodings; what unpacks to more than the limit is refused while it unpacks."""
    said = ask.post(INFER, content=content, headers=headers)
    assert said.status_code == status
    assert reason in said.json()["error"]


def test_binary_data_must_be_as_long_as_said(ask) -> None:
    """Bytes that are missing or left over."""
    for size, sent, reason in (
        (32, 31, "bytes follow"),
        (32, 40, "8 bytes follow the tensors"),
        (16, 16, "has 32 bytes; got 16"),
    ):
        entry = {key: value for key, value in GOOD["inputs"][0].items() if key != "data"}
        head = json.dumps({"inputs": [entry | {"parameters": {"binary_data_size": size}}]}).encode()
        said = ask.post(
            INFER, content=head + bytes(sent), headers={"inference-header-content-length": str(len(head))}
        )
        assert said.status_code == 400
        assert reason in said.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", INFER, 405), ("DELETE", "/v2/models/small", 405), ("POST", "/v2/health/live", 405), ("POST", "/", 405),
     ("GET", "/v2/models/smal", 404), ("GET", "/nothing", 404), ("POST", "/v2/models/small/versions/2/infer", 404),
     ("GET", "/v2/models/..%2f..%2fetc", 404), ("PUT", "/models/small/predict", 405), ("POST", "/v2/models/smal/infer", 404)],
)  # fmt: skip
def test_addresses_and_methods(ask, method, path, status) -> None:
    """404 for what is not there, 405 with Allow for what is asked in another way."""
    said = ask.request(method, path)
    assert said.status_code == status
    assert said.json()["error"]
    assert ("allow" in said.headers) == (status == 405)


def test_a_large_body_is_refused_before_it_is_read(server, ask) -> None:
    """413 on the announced length; memory stays as it was."""
    before = memory(server.pid)
    with socket.create_connection(server.host.split(":")) as connection:
        connection.sendall(
            f"POST {INFER} HTTP/1.1\r\nHost: {server.host}\r\nContent-Length: {300 << 20}\r\n\r\n".encode()
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 413")
    chunks = (bytes(1 << 20) for _ in range(300))
    with contextlib.suppress(
        httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError
    ):  # it may close while we still send
        assert ask.post(INFER, content=chunks).status_code == 413
    assert memory(server.pid) - before < 50 << 20


def memory(pid):
    """Bytes of a process that are in memory."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "POST /",
        f"POST {INFER} HTTP/1.1\r\nHost: x\r\n",
        f"POST {INFER} HTTP/1.1\r\nHost: HOST\r\nContent-Length: 100\r\n\r\nabc",
    ],
)
def test_slow_clients_are_cut_off(server, ask, sent) -> None:
    """Silence, half a head, half a body: 408 within the limit (2 seconds here)."""
    with socket.create_connection(server.host.split(":")) as connection:
        connection.settimeout(10)
        connection.sendall(sent.replace("HOST", server.host).encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 408")


def test_a_trickle_is_cut_off_too(server, ask) -> None:
    """A byte now and then does not set the clock again."""
    with socket.create_connection(server.host.split(":")) as connection:
        connection.settimeout(10)
        began = time.monotonic()
        with pytest.raises(OSError):  # noqa: PT012
            for _ in range(100):
                connection.sendall(b"P")
                time.sleep(0.1)
        assert time.monotonic() - began < 8


def test_many_slow_clients_harm_nobody(server, ask) -> None:
    """200 connections that say nothing, and good requests are answered all the same."""
    slow = [socket.create_connection(server.host.split(":")) for _ in range(200)]
    for _ in range(20):
        assert ask.post(INFER, json=GOOD).status_code == 200
    for connection in slow:
        connection.close()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["inputs", "name", "shape", "datatype", "data", "parameters", "outputs", "id"]), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=ANYTHING, path=st.sampled_from([INFER, "/models/small/predict", "/models/digits/predict"]))
def test_whatever_json_comes_no_request_breaks_the_server(server, body, path) -> None:
    """Never a 500."""
    said = server.client.post(path, content=json.dumps(body), headers={"content-type": "application/json"})
    assert said.status_code in (200, 400, 413, 422)
    assert said.headers["content-type"] == "application/json"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=200),
    kind=st.sampled_from(
        [
            "image/png",
            "image/jpeg",
            "multipart/form-data; boundary=a",
            "application/json",
            "text/csv",
            "application/octet-stream",
        ]
    ),
)
def test_whatever_bytes_come_no_request_breaks_the_server(server, content, kind) -> None:
    """Never a 500."""
    said = server.client.post("/models/digits/predict", content=content, headers={"content-type": kind})
    assert said.status_code in (400, 413, 415, 422)


def test_a_full_queue_refuses_at_once() -> None:
    """503 with Retry-After, while what waits is answered."""
    from chainrule.server.batching import Batcher
    from chainrule.server.settings import RefusedError

    async def scene():
        batcher = Batcher(lambda xs: (xs[0] + 1,), max_batch=4, queue=8, count=lambda *_: None, pool=None)
        waiting = [batcher.submit((np.full((4, 1), k),)) for k in range(2)]
        with pytest.raises(RefusedError) as refused:
            batcher.submit((np.zeros((1, 1)),))
        assert refused.value.status == 503
        assert refused.value.headers == {"retry-after": "1"}
        assert [(await one)[0].tolist() for one in waiting] == [[[1]] * 4, [[2]] * 4]
        assert (await batcher.submit((np.zeros((1, 1)),)))[0].tolist() == [[1]]

    asyncio.run(scene())


@settings(max_examples=100, deadline=None)
@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=30), inline=st.booleans())
def test_batches_keep_their_bound_and_everybody_gets_their_own(sizes, inline) -> None:
    """No pass holds more than max_batch examples (a request alone may); rows go back to who sent them; failures, too."""
    from concurrent.futures import ThreadPoolExecutor

    from chainrule.server.batching import Batcher

    passes = []

    def forward(xs):
        if (xs[0] < 0).any():
            raise ValueError("negative")
        return tuple(2 * x for x in xs)

    async def scene(pool):
        batcher = Batcher(forward, 6, 10_000, lambda size, *_: passes.append(size), pool, inline)
        asked = [(np.full((size, 1), k + 1), np.full((size, 2), -k)) for k, size in enumerate(sizes)]
        for xs, said in zip(asked, await asyncio.gather(*(batcher.submit(xs) for xs in asked)), strict=True):
            assert all((s == 2 * x).all() for s, x in zip(said, xs, strict=True))
        with pytest.raises(ValueError, match="negative"):
            await batcher.submit((np.full((1, 1), -1), np.zeros((1, 2))))
        assert batcher.examples == 0

    with ThreadPoolExecutor(1) as pool:
        asyncio.run(scene(pool))
    assert all(size <= max(6, *sizes) for size in passes)
    assert sum(passes) == sum(sizes) + 1
