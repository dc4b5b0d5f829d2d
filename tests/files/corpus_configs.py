"""Configurations that name code, paths, impossible sizes or graphs (rows k)."""

import base64
import json
import marshal
import zipfile
from typing import Any

import filemodels as small
import h5py
from spoiling import Corpus, archive, legacy, spell, weights, with_layer, with_setting, with_training


def configurations(to: Corpus) -> None:
    code = base64.b64encode(marshal.dumps(compile("(lambda x: x)", "x", "eval"))).decode()
    lambda_ = {"class_name": "__lambda__", "config": {"code": code, "defaults": None, "closure": None}}
    to.add(
        "k01-lambda",
        archive(config=with_layer(class_name="Lambda", config={"name": "l", "function": lambda_})),
        "Lambda",
    )
    layers = [*small.config()["config"]["layers"], {"class_name": "Lambda", "config": {
        "name": "l", "function": [code, None, None], "function_type": "lambda", "module": "__main__"}}]  # fmt: skip
    config = {"class_name": "Sequential", "config": {"name": "m", "layers": layers}}
    to.add("k02-lambda", legacy(config=config), "Lambda", ".h5")
    system = {"module": "os", "class_name": "function", "config": "system", "registered_name": "function"}
    builtin = {
        "module": "builtins",
        "class_name": "function",
        "config": "eval",
        "registered_name": "function",
    }
    to.add("k03-os-system", archive(config=with_setting(activation=system)), "os.function")
    to.add("k03-os-system-loss", archive(config=with_training(loss=system)), "os.function")
    to.add(
        "k03-os-system-metric", archive(config=with_training(metrics=[["accuracy", system]])), "os.function"
    )
    popen = {
        "module": "subprocess",
        "class_name": "Popen",
        "config": {"args": ["touch", "x"]},
        "registered_name": None,
    }
    to.add("k04-popen", archive(config=with_layer(**popen)), "subprocess.Popen")
    to.add("k04-popen-optimizer", archive(config=with_training(optimizer=popen)), "subprocess.Popen")
    to.add(
        "k04-popen-initializer", archive(config=with_setting(kernel_initializer=popen)), "subprocess.Popen"
    )
    to.add("k05-eval", archive(config=with_setting(activation=builtin)), "function")
    to.add("k05-eval-initializer", legacy(config=with_setting(bias_initializer=builtin)), "function", ".h5")
    unsafe = {"module": "keras.config", "class_name": "enable_unsafe_deserialization", "config": {}}
    to.add("k06-unsafe", archive(config=with_layer(**unsafe)), "enable_unsafe_deserialization")
    get_file = {
        "module": "keras.utils",
        "class_name": "get_file",
        "config": {"fname": "x", "origin": "https://example.org/x"},
    }
    to.add("k07-get-file", archive(config=with_layer(**get_file)), "get_file")
    nested = {
        "module": "keras.saving",
        "class_name": "load_model",
        "config": {"name": "x", "filepath": "x.keras", "safe_mode": False},
    }
    to.add("k08-load-model", archive(config=with_layer(**nested)), "load_model")
    to.add(
        "k08-nested-model",
        archive(config=with_layer(class_name="Sequential", config=small.config()["config"])),
        "Sequential",
    )
    to.add(
        "k09-torch",
        archive(config=with_layer(class_name="TorchModuleWrapper", config={"name": "t", "module": "gASV"})),
        "TorchModuleWrapper",
    )
    to.add(
        "k10-tfsm",
        archive(config=with_layer(class_name="TFSMLayer", config={"name": "t", "filepath": str(to.canary)})),
        "TFSMLayer",
    )
    to.add(
        "k11-spoof",
        archive(
            config=with_layer(
                class_name="Dense", registered_name="Custom>Dense", config=small.dense("d", 5)["config"]
            )
        ),
        "Custom>Dense",
    )
    to.add(
        "k11-foreign",
        archive(
            config=with_layer(class_name="Dense", module="evil.layers", config=small.dense("d", 5)["config"])
        ),
        "evil.layers",
    )
    lookup = {"class_name": "StringLookup", "config": {"name": "s", "vocabulary": str(to.canary)}}
    to.add("k12-vocabulary", archive(config=with_layer(**lookup)), "StringLookup")
    to.add("k12-path", archive(config=with_setting(vocabulary=str(to.canary))), "path or an address")
    to.add("k12-relative", legacy(config=with_setting(weights="canary.bin")), "path or an address", ".h5")
    for index, url in enumerate(
        ("https://example.org/v", "gs://bucket/v", r"\\server\share\v", "file:///etc/passwd")
    ):
        to.add(f"k13-url-{index}", archive(config=with_setting(data_format=url)), "path or an address")
    to.add("k14-units", archive(config=with_setting(units=500_000_000)), "needs arrays")
    to.add("k14-units-h5", legacy(config=with_setting(units=500_000_000)), "needs arrays", ".h5")
    to.add("k15-units", archive(config=with_setting(units=10**15)), "needs arrays")
    to.add("k15-units-float", archive(config=with_setting(units=1e15)), "whole number")
    to.add(
        "k15-units-digits",
        archive(
            text=json.dumps(spell(small.config())).replace('"units": 5', '"units": 1' + "0" * 5000).encode()
        ),
        "digits",
    )
    wide = small.config(small.dense("hidden", 10**6), small.dense("out", 3), inputs=(10**6,))
    to.add("k16-kernel", archive(config=wide), "needs arrays")

    def huge(file: h5py.File) -> None:
        del file["layers/dense/vars/0"]
        file.create_dataset("layers/dense/vars/0", (10**6, 10**6), "f4")

    to.add("k16-kernel-declared", archive(config=wide, h5=weights(huge)), "declares")
    many = small.config(*(small.dense(f"d{i}", 5) for i in range(20_000)))
    slim = {"class_name": "Dropout", "config": {"rate": 0.5}}
    many["config"]["layers"] = [
        {**slim, "config": {**slim["config"], "name": f"d{i}"}} for i in range(20_000)
    ]
    to.add("k17-layers", archive(config=many, packing=zipfile.ZIP_STORED), "20,000 layers")
    to.add("k17-layers-h5", legacy(config=many), "20,000 layers", ".h5")
    to.add("k18-depth", archive(text=b'{"a":' * 200_000 + b"1" + b"}" * 200_000), "more than 150,000 parts")
    to.add("k18-depth-list", archive(text=b"[" * 140_000 + b"]" * 140_000), "nested")
    to.add("k18-values", archive(text=b"[" + b"0.5," * 900_000 + b"1]"), "600,000 values")
    to.add("k18-depth-70", archive(text=b'{"class_name":' * 70 + b"1" + b"}" * 70), "nested deeper than 64")
    for word in ("NaN", "Infinity", "-Infinity", "1e999"):
        text = json.dumps(spell(small.config())).replace("0.01", word).encode()
        to.add(f"k19-{word}", archive(text=text), word)
    text = json.dumps(spell(small.config())).replace('"units": 5', '"units": 5, "units": 6').encode()
    to.add("k20-twice", archive(text=text), "twice")
    to.add("k21-string", archive(config=with_setting(activation="x" * 10_000_000)), "at most")
    to.add("k21-string-small", archive(config=with_setting(activation="x" * 100_000)), "string of 100,000")
    for index, (name, says) in enumerate([
        ("..", "leads elsewhere"), ("../up", "leads elsewhere"), ("a/../../b", "leads elsewhere"),
        ("/root", "leads elsewhere"), ("nul\0", "not printable"), ("\u202eevil", "not printable"),
        ("x" * 65_000, "1 to 512"), ("", "1 to 512"), ("a\\b", "leads elsewhere"), ("out", "two layers called"),
    ]):  # fmt: skip
        to.add(
            f"k22-name-{index}",
            archive(config=small.config(small.dense(name, 5), small.dense("out", 3))),
            says,
        )
    graphs(to)


def graphs(to: Corpus) -> None:
    def graph(links: dict[str, list[str]], ends: tuple[str, str]) -> Any:
        layers = []
        for name, before in links.items():
            kind = "InputLayer" if not before else "Dense"
            settings = (
                {"name": name, "batch_shape": [None, 5]} if not before else small.dense(name, 5)["config"]
            )
            nodes = [[[one, 0, 0, {}] for one in before]] if before else []
            layers.append({"class_name": kind, "config": settings, "name": name, "inbound_nodes": nodes})
        config = {
            "name": "g",
            "layers": layers,
            "input_layers": [[ends[0], 0, 0]],
            "output_layers": [[ends[1], 0, 0]],
        }
        return {"class_name": "Functional", "config": config}

    for name, links, ends in [
        ("cycle", {"in": [], "a": ["c"], "b": ["a"], "c": ["b"]}, ("in", "c")),
        ("missing", {"in": [], "a": ["in"], "b": ["ghost"]}, ("in", "b")),
        ("self-loop", {"in": [], "a": ["a"]}, ("in", "a")),
        ("unreachable", {"in": [], "a": ["in"]}, ("in", "b")),
        ("branch", {"in": [], "a": ["in"], "b": ["in"]}, ("in", "b")),
    ]:
        to.add(f"k23-{name}", legacy(config=graph(links, ends)), "graph", ".h5")
