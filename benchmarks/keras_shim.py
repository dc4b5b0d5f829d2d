"""A plugin of pytest for `benchmarks.keras_tests`: in this process Keras's modules, `keras.src` among them, are Chainrule's.

A name that Chainrule does not have is a Missing: a test that uses it is skipped and counted as such. Errors count by their
kind, not by their words. Nothing of Keras is imported but its test files.
"""

# ruff: noqa: N802, PT027 (assertions are called as Keras calls them)
import contextlib
import importlib
import json
import os
import sys
import types
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any
from unittest import SkipTest

import numpy as np
import pytest

HOMES = {
    "activations": "activations", "backend": "ops", "callbacks": "callbacks", "constraints": "constraints",
    "initializers": "initializers", "layers": "layers", "losses": "losses", "metrics": "metrics", "models": "models",
    "ops": "ops", "optimizers": "optimizers", "regularizers": "regularizers", "saving": "saving", "utils": "utils",
    "random": "random",
}  # fmt: skip


class Missing(type):
    """Stands for a name that is not here; using it ends the test as skipped."""

    def __call__(cls, *arguments: Any, **settings: Any) -> Any:
        if (
            "PYTEST_CURRENT_TEST" not in os.environ
        ):  # a decorator, or a class made of it, while the file is read
            return arguments[0] if arguments and callable(arguments[0]) else missing(f"{cls.__name__}()")
        raise SkipTest(f"not here: {cls.__name__}")

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return missing(f"{cls.__name__}.{name}")


def missing(name: str) -> Any:
    """A Missing of that name."""
    return Missing(name, (), {})


class Module(types.ModuleType):
    """One of Keras's modules: its names are those of the module of Chainrule with the same task."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("pytestmark", "setUpModule", "tearDownModule", "pytest_plugins"):
            raise AttributeError(name)
        parts = self.__name__.removeprefix("keras").removeprefix(".src").strip(".").split(".")
        homes = ["chainrule.optimizers.schedules"] if "schedules" in parts else []
        inner = parts[1:] if parts[:1] == ["layers"] else []  # layers.activations is a folder of layers
        homes += [f"chainrule.{HOMES[part]}" for part in parts if part in HOMES and part not in inner]
        if "backend" in parts:
            homes.append("chainrule.backend")
        for home in [*homes, "chainrule"]:
            try:
                found = getattr(importlib.import_module(home), name)
            except (AttributeError, ImportError):
                continue
            if not isinstance(found, types.ModuleType):
                return found
        own = Path(os.environ.get("KERAS_SRC", "."), *parts, f"{name}_test.py")
        if name.islower() and ("layers" in parts or own.exists()):  # a file of Keras's own
            return importlib.import_module(f"{self.__name__}.{name}")
        if name in HOMES or name in ("testing", "schedules", "src", "config", "numpy", "nn"):
            return importlib.import_module(f"{self.__name__}.{name}")
        return missing(f"{self.__name__}.{name}")


class Finder(MetaPathFinder, Loader):
    """Answers imports of keras, and of what its tests import for other backends."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """A module for each name of Keras's."""
        if fullname.partition(".")[0] in ("keras", "tensorflow", "torch", "grain"):
            return ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> Any:
        """An empty one."""
        return Module(spec.name)

    def exec_module(self, module: Any) -> None:
        """The few names that are no one's."""
        if module.__name__.startswith("keras.src.testing"):
            module.TestCase = test_case()
            module.test_case = module
            for name in (
                "jax_uses_gpu",
                "jax_uses_tpu",
                "tensorflow_uses_gpu",
                "torch_uses_gpu",
                "uses_gpu",
                "uses_tpu",
            ):
                setattr(module, name, lambda: False)
        if module.__name__.endswith(("src.backend", "keras.backend")):
            module.backend, module.SUPPORTS_SPARSE_TENSORS, module.SUPPORTS_RAGGED_TENSORS = (
                (lambda: "jax"),
                False,
                False,
            )


def plain(value: Any) -> np.ndarray:
    """Numbers as an array."""
    return np.asarray(value)


def test_case() -> type:
    """The class that Keras's tests derive from, with its own assertions."""
    from absl.testing import parameterized

    class TestCase(parameterized.TestCase):  # type: ignore[misc]
        """Keras's assertions, on arrays."""

        maxDiff = None

        def get_temp_dir(self) -> str:
            """A folder for the test."""
            import tempfile

            folder = tempfile.TemporaryDirectory()
            self.addCleanup(folder.cleanup)
            return folder.name

        def assertAllClose(
            self,
            x1: Any,
            x2: Any,
            atol: float = 1e-6,
            rtol: float = 1e-6,
            *_: Any,
            msg: Any = None,
            **__: Any,
        ) -> None:
            np.testing.assert_allclose(plain(x1), plain(x2), atol=atol, rtol=rtol, err_msg=msg or "")

        def assertNotAllClose(
            self, x1: Any, x2: Any, atol: float = 1e-6, rtol: float = 1e-6, msg: Any = None
        ) -> None:
            assert not np.allclose(plain(x1), plain(x2), atol=atol, rtol=rtol), msg

        def assertAllEqual(self, x1: Any, x2: Any, msg: Any = None) -> None:
            np.testing.assert_array_equal(plain(x1), plain(x2), err_msg=msg or "")

        def assertAlmostEqual(
            self, x1: Any, x2: Any, decimal: int = 3, *_: Any, msg: Any = None, **__: Any
        ) -> None:
            np.testing.assert_almost_equal(plain(x1), plain(x2), decimal=decimal, err_msg=msg or "")

        def assertLen(self, values: Any, count: int, msg: Any = None) -> None:
            assert len(values) == count, msg

        def assertDType(self, x: Any, dtype: Any, msg: Any = None) -> None:
            assert str(x.dtype) == str(np.dtype(dtype)), msg

        def assertRaisesRegex(self, kind: Any, words: Any, *call: Any, **settings: Any) -> Any:
            """An error of that kind; Chainrule has words of its own."""
            return self.assertRaises(kind, *call, **settings)

        def run_class_serialization_test(self, instance: Any, custom_objects: Any = None) -> Any:
            """Settings survive get_config and from_config."""
            if custom_objects:
                raise SkipTest("not here: custom_objects")
            config = instance.get_config()
            again = type(instance).from_config(json.loads(json.dumps(config)))
            assert json.dumps(again.get_config(), sort_keys=True) == json.dumps(config, sort_keys=True)
            return again

        def run_layer_test(
            self, kind: Any, init_kwargs: Any, input_shape: Any = None, input_data: Any = None,
            expected_output_shape: Any = None, expected_num_trainable_weights: Any = None, **more: Any,
        ) -> None:  # fmt: skip
            """The layer is made, answers in the expected shape, and its settings survive."""
            layer = kind(**init_kwargs)
            self.run_class_serialization_test(layer)
            rng, several = (
                np.random.default_rng(0),
                bool(input_shape) and not isinstance(input_shape[0], (int, type(None))),
            )
            if isinstance(input_shape, dict):
                raise SkipTest("not here: layer tests of several named inputs")
            if input_data is not None:
                x: Any = (
                    [plain(one) for one in input_data]
                    if isinstance(input_data, (list, tuple))
                    else plain(input_data)
                )
            elif several:
                x = [rng.random(shape).astype("float32") for shape in input_shape]
            else:
                x = rng.random(input_shape).astype("float32")
            y = layer(x)
            if expected_output_shape is not None:
                assert tuple(y.shape) == tuple(expected_output_shape)
            if expected_num_trainable_weights is not None:
                assert len(layer.trainable_weights) == expected_num_trainable_weights

    return TestCase


def pytest_configure(config: Any) -> None:
    """Marks of Keras's own."""
    for mark in ("requires_trainable_backend", "multi_device"):
        config.addinivalue_line("markers", f"{mark}: of Keras")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: Any, call: Any) -> Any:
    """One line for each test, in the file that KERAS_TESTS names."""
    outcome = yield
    report = outcome.get_result()
    if call.when != "call" and not (call.when == "setup" and report.outcome != "passed"):
        return
    error = call.excinfo
    line = {"test": item.nodeid, "outcome": report.outcome, "kind": error.type.__name__ if error else ""}
    line["words"] = str(error.value)[:300] if error else ""
    with contextlib.suppress(KeyError), open(os.environ["KERAS_TESTS"], "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


class Conftest(types.ModuleType):
    """What Keras's tests import from their conftest.py: decorators that leave tests out on some backends."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: lambda test: test


sys.modules["conftest"] = Conftest("conftest")
sys.meta_path.insert(0, Finder())
