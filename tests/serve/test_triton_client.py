"""The real client of Triton works unchanged: health, metadata, statistics, inference by JSON and by bytes, as the library answers."""

import numpy as np
import pytest
import tritonclient.http as triton


@pytest.fixture(scope="module")
def client(server):
    with triton.InferenceServerClient(server.host) as client:
        yield client


def examples(datatype, count):
    """Examples of small.keras in some type of numbers."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 2, (count, 4)).astype(triton.triton_to_np_dtype(datatype))


def asked(x, datatype, binary=True):
    given = triton.InferInput("input", list(x.shape), datatype)
    given.set_data_from_numpy(x, binary_data=binary)
    return given


def test_health_and_metadata(client) -> None:
    """Live, ready, the server's and the model's metadata, configuration, the list of models."""
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("small")
    assert client.is_model_ready("small", "1")
    assert not client.is_model_ready("smal")
    assert client.get_server_metadata()["name"] == "chainrule"
    assert client.get_model_metadata("small")["inputs"] == [
        {"name": "input", "datatype": "FP32", "shape": [-1, 4]}
    ]
    assert client.get_model_metadata("small")["parameters"]["labels"] == ["a", "b", "c"]
    assert client.get_model_config("small")["max_batch_size"] == 32
    assert [m["name"] for m in client.get_model_repository_index()] == ["digits", "small"]


DTYPES = [
    "FP32",
    "FP64",
    "FP16",
    "UINT8",
    "INT8",
    "UINT16",
    "INT16",
    "UINT32",
    "INT32",
    "UINT64",
    "INT64",
    "BOOL",
]


WAYS = [
    (datatype, given)
    for datatype in DTYPES
    for given in (True, False)
    if (datatype, given) != ("FP16", False)
]  # never sent so


@pytest.mark.parametrize("answer", [True, False], ids=["bytes out", "json out"])
@pytest.mark.parametrize(("datatype", "given"), WAYS)
def test_numbers_of_every_type_are_answered_as_the_library_answers(
    client, small, datatype, given, answer
) -> None:
    """The same bits as predict_on_batch, whatever way the numbers come and go."""
    x = examples(datatype, 5)
    out = triton.InferRequestedOutput("output", binary_data=answer)
    said = client.infer("small", [asked(x, datatype, given)], outputs=[out]).as_numpy("output")
    assert (said == small.predict_on_batch(x.astype("f4"))).all()


@pytest.mark.parametrize("count", [1, 2, 31, 32, 33, 200])
def test_batches_of_any_size(client, reader, digits, count) -> None:
    """Digits as floats; rows in their order."""
    x = (digits[:count] / np.float32(255)).astype("f4")
    said = client.infer("digits", [asked(x, "FP32")]).as_numpy("output")
    np.testing.assert_allclose(said, reader.predict_on_batch(x), atol=1e-6)


def test_pixels_are_scaled_as_the_models_file_says(client, reader, digits) -> None:
    """UINT8 from 0 to 255, and the flat form of the same pictures."""
    expected = reader.predict_on_batch(digits[:3] / np.float32(255))
    for x in (digits[:3], digits[:3].reshape(3, 784)):
        assert (client.infer("digits", [asked(x, "UINT8")]).as_numpy("output") == expected).all()


def test_classification_gives_labels(client, small) -> None:
    """Triton's extension: the likeliest classes as "probability:number:label"."""
    x = examples("FP32", 2)
    out = triton.InferRequestedOutput("output", class_count=2)
    said = client.infer("small", [asked(x, "FP32")], outputs=[out]).as_numpy("output")
    assert said.shape == (2, 2)
    best = small.predict_on_batch(x).argmax(1)
    assert [row[0].decode().split(":")[1:] for row in said] == [[str(k), "abc"[k]] for k in best]


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_packed_requests_are_read(client, small, packing) -> None:
    """request_compression_algorithm of the client."""
    x = examples("FP32", 4)
    said = client.infer("small", [asked(x, "FP32")], request_compression_algorithm=packing).as_numpy("output")
    assert (said == small.predict_on_batch(x)).all()


def test_the_request_id_comes_back(client) -> None:
    """As the protocol wants it."""
    answer = client.infer("small", [asked(examples("FP32", 1), "FP32")], request_id="mine").get_response()
    assert answer["id"] == "mine"


@pytest.mark.parametrize(
    ("x", "datatype", "sentence"),
    [
        (np.zeros((1, 5), "f4"), "FP32", r"takes examples of shape \[4\]"),
        (np.zeros((0, 4), "f4"), "FP32", "1 to 1024 examples; got 0"),
        (np.full((1, 4), np.nan, "f4"), "FP32", "NaN, infinity"),
        (np.zeros((2000, 4), "f4"), "FP32", "1 to 1024 examples; got 2000"),
    ],
)
def test_the_client_shows_the_reason(client, x, datatype, sentence) -> None:
    """An exception of the client's with the server's sentence."""
    with pytest.raises(triton.InferenceServerException, match=sentence):
        client.infer("small", [asked(x, datatype)])


def test_statistics_count_what_was_asked(client) -> None:
    """Inferences, passes and refusals, as Triton counts them."""
    before = client.get_inference_statistics("small")["model_stats"][0]
    client.infer("small", [asked(examples("FP32", 3), "FP32")])
    with pytest.raises(triton.InferenceServerException):
        client.infer("small", [asked(np.zeros((1, 5), "f4"), "FP32")])
    after = client.get_inference_statistics("small")["model_stats"][0]
    assert after["inference_count"] - before["inference_count"] == 3
    assert after["execution_count"] - before["execution_count"] == 1
    for name in ("success", "fail"):
        assert after["inference_stats"][name]["count"] - before["inference_stats"][name]["count"] == 1
    assert sum(batch["compute_infer"]["count"] for batch in after["batch_stats"]) == after["execution_count"]
    assert len(client.get_inference_statistics()["model_stats"]) == 2
