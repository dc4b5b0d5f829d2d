"""Models with several inputs and outputs over the Open Inference Protocol, and numbers that a layer cannot take."""

import numpy as np
import pytest
import tritonclient.http as triton

from chainrule import layers, utils
from chainrule.models import Model, load_model

INFER = "/v2/models/two/infer"


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """two.keras: words and a picture to classes, a number, and the states in between."""
    utils.set_random_seed(3)
    words, picture = layers.Input((4,), name="words"), layers.Input((5, 5, 1), name="picture")
    read = layers.LSTM(6)(layers.Embedding(9, 3, mask_zero=True)(words))
    both = layers.Concatenate()([read, layers.Flatten()(layers.Conv2D(2, 2)(picture))])
    model = Model(
        [words, picture],
        [layers.Dense(3, activation="softmax", name="kind")(both), layers.Dense(1, name="amount")(both)],
    )
    path = tmp_path_factory.mktemp("two") / "two.keras"
    model.save(path)
    return path


@pytest.fixture
def running(start, two):
    return start(two)


def given(count, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 9, (count, 4)).astype("f4"), rng.normal(size=(count, 5, 5, 1)).astype("f4")


def tensors(words, picture, binary=False):
    found = []
    for name, x in (("picture", picture), ("words", words)):  # in any order
        found.append(triton.InferInput(name, list(x.shape), "FP32"))
        found[-1].set_data_from_numpy(x, binary_data=binary)
    return found


def json_of(words, picture):
    return {
        "inputs": [
            {"name": name, "shape": list(x.shape), "datatype": "FP32", "data": x.reshape(-1).tolist()}
            for name, x in (("words", words), ("picture", picture))
        ]
    }


def test_tritons_client_asks_several_inputs_and_gets_several_outputs(running, two) -> None:
    """As JSON and as bytes, all outputs or one of them by its name: what the library says."""
    words, picture = given(5)
    kind, amount = load_model(two).predict([words, picture], verbose=0)
    with triton.InferenceServerClient(running.host) as client:
        result = client.get_model_metadata("two")
        assert [one["name"] for one in result["inputs"]] == ["words", "picture"]
        assert result["outputs"][0] == {"name": "kind", "datatype": "FP32", "shape": [-1, 3]}
        for binary in (False, True):
            said = client.infer("two", tensors(words, picture, binary))
            assert np.allclose(said.as_numpy("kind"), kind, atol=1e-6)
            assert np.allclose(said.as_numpy("amount"), amount, atol=1e-6)
            wanted = [triton.InferRequestedOutput("amount", binary_data=binary)]
            said = client.infer("two", tensors(words, picture, binary), outputs=wanted)
            assert said.as_numpy("kind") is None
            assert np.allclose(said.as_numpy("amount"), amount, atol=1e-6)


def test_what_is_asked_at_once_is_answered_together_and_each_gets_its_own(running, two) -> None:
    """Many requests of different sizes at a time: no answer is another's."""
    from concurrent.futures import ThreadPoolExecutor

    model = load_model(two)

    def ask(k):
        words, picture = given(1 + k % 4, seed=k)
        said = running.client.post(INFER, json=json_of(words, picture)).json()["outputs"]
        expected = model.predict_on_batch([words, picture])
        return all(
            np.allclose(np.reshape(s["data"], s["shape"]), e, atol=1e-5)
            for s, e in zip(said, expected, strict=True)
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(64)))


WRONG = {
    "an input is missing": (lambda body: body["inputs"].pop(), "the 2 inputs of two, 'words', 'picture'"),
    "an input twice": (lambda body: body["inputs"].__setitem__(1, body["inputs"][0]), "'words' is given twice"),
    "a strange input": (lambda body: body["inputs"][0].update(name="word"), "no input called 'word'"),
    "other counts": (
        lambda body: body["inputs"][0].update(shape=[1, 4], data=[1, 2, 3, 4]), "different numbers of examples: 1, 2",
    ),
    "another shape": (lambda body: body["inputs"][1].update(shape=[2, 24], data=[0.0] * 48), "picture takes examples of shape"),
    "a strange output": (lambda body: body.update(outputs=[{"name": "kinds"}]), "no output called 'kinds'"),
    "an output twice": (lambda body: body.update(outputs=[{"name": "kind"}] * 2), "names an output twice"),
    "a word without a row": (lambda body: body["inputs"][0]["data"].__setitem__(0, 9.0), "has rows for 0 to 8"),
    "half a word": (lambda body: body["inputs"][0]["data"].__setitem__(0, 1.5), "takes whole numbers"),
}  # fmt: skip


def test_what_is_wrong_is_said_and_nobody_else_suffers(running) -> None:
    """400 with a sentence for each kind of mistake; the good request after it is answered."""
    for name, (spoil, reason) in WRONG.items():
        body = json_of(*given(2))
        spoil(body)
        said = running.client.post(INFER, json=body)
        assert (said.status_code, reason in said.json()["error"]) == (400, True), (name, said.text)
        assert running.client.post(INFER, json=json_of(*given(2))).status_code == 200
    said = running.client.post("/predict", json={"inputs": [[1, 2, 3, 4]]})
    assert said.status_code == 400
    assert "/v2/models/two/infer" in said.json()["error"]
