"""A server in a process of its own. Needs: starlette, uvicorn, msgspec, prometheus-client, python-multipart, httpx, tritonclient[http], schemathesis, playwright with a Chromium (apt: chromium)."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import numpy as np
import pytest
from requests_of import tensor
from waiting import until

from chainrule import Sequential, datasets, layers, pretrained, utils
from chainrule.models import load_model


class Running:
    """A server that runs: its address, and what it says on stderr."""

    def __init__(self, words, folder):
        self.err = (folder / f"stderr-{time.monotonic_ns()}").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chainrule", "serve", *map(str, words), "--port", "0", "--json"],
            stdout=subprocess.PIPE, stderr=self.err, text=True, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
        line = self.process.stdout.readline()
        assert line, self.log()
        self.told = json.loads(line)
        self.url, self.pid = self.told["url"].rstrip("/"), self.told["pid"]
        self.client = httpx.Client(base_url=self.url, timeout=20, trust_env=False)
        until(lambda: self.client.get("/v2/health/ready").status_code == 200)  # of several workers, too

    @property
    def host(self):
        return self.url.removeprefix("http://")

    def log(self):
        """All of stderr so far."""
        return Path(self.err.name).read_text()

    def stop(self, number=signal.SIGTERM):
        """Tells it to end; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=30)


@pytest.fixture
def start(tmp_path):
    """start(*words): a server of one's own."""
    running = []

    def begin(*words):
        running.append(Running(words, tmp_path))
        return running[-1]

    yield begin
    for server in running:
        server.process.kill()
        server.process.wait()


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Model files: digits.keras (the bundled reader), small.keras (4 numbers to 3 classes)."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copy(str(pretrained.digits()), folder / "digits.keras")
    for name, seed in (("small", 1), ("other", 2)):
        utils.set_random_seed(seed)
        model = Sequential(
            [layers.Input((4,)), layers.Dense(8, activation="relu"), layers.Dense(3, activation="softmax")]
        )
        model.extras = {"task": "classes", "class_names": ["a", "b", "c"]}
        model.save(folder / f"{name}.keras")
    return folder


@pytest.fixture(scope="session")
def server(files, tmp_path_factory):
    """A server of both models, for tests that leave it as it is."""
    running = Running(
        [files / "digits.keras", files / "small.keras", "--timeout", "2"], tmp_path_factory.mktemp("server")
    )
    yield running
    assert running.stop() == 0
    assert "Something unforeseen" not in running.log()
    assert "Traceback" not in running.log()


@pytest.fixture
def ask(server):
    """The client of the shared server; afterwards a good request is still answered."""
    yield server.client
    assert server.client.post("/v2/models/small/infer", json=tensor(np.zeros((1, 4)))).status_code == 200


@pytest.fixture(scope="session")
def small(files):
    return load_model(files / "small.keras")


@pytest.fixture(scope="session")
def reader(files):
    return load_model(files / "digits.keras", compile=False)


@pytest.fixture(scope="session")
def digits():
    """MNIST's test digits, uint8 (10000, 28, 28)."""
    return datasets.load("mnist").x_test
