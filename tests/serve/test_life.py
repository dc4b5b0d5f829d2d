"""Starting, stopping, reloading, workers: no accepted request is dropped."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading

import httpx
import numpy as np
import pytest
from requests_of import tensor
from waiting import until

from left_processes import all_end, descendants

GOOD = tensor(np.array([[1.0, 2.0, 3.0, 4.0]]))


class Load:
    """Some threads that ask again and again, each on a connection of its own; what they got."""

    def __init__(self, url, threads=4):
        self.url, self.statuses, self.problems, self.going = url, [], [], True
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self):
        with httpx.Client(base_url=self.url, trust_env=False, timeout=20) as client:
            while self.going:
                try:
                    self.statuses.append(client.post("/v2/models/small/infer", json=GOOD).status_code)
                except httpx.ConnectError:
                    return  # nobody listens any more: it was never accepted
                except httpx.HTTPError as problem:
                    self.problems.append(repr(problem))
                    return

    def end(self):
        self.going = False
        for thread in self.threads:
            thread.join()


def workers_of(server):
    """The processes that a server has begun."""
    said = subprocess.run(["pgrep", "-P", str(server.pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in said.stdout.split()]


@pytest.fixture
def own(files, tmp_path):
    """A copy of small.keras that a test may replace."""
    shutil.copy(files / "small.keras", tmp_path / "small.keras")
    return tmp_path / "small.keras"


def test_it_is_ready_when_it_says_so_and_imports_no_jax(start, files) -> None:
    """The first request is answered; nothing of JAX or Keras is loaded, nor the reader of pictures, which is another process."""
    server = start(files / "small.keras")
    assert server.client.post("/v2/models/small/infer", json=GOOD).status_code == 200
    with open(f"/proc/{server.pid}/maps") as file:
        maps = file.read()
    assert "jax" not in maps
    assert "/PIL/" not in maps
    assert server.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_under_load_answers_what_was_accepted(start, files, number) -> None:
    """Readiness goes off, every accepted request is answered with 200, exit code 0."""
    server = start(files / "small.keras", "--no-access-log")
    load = Load(server.url)
    until(lambda: len(load.statuses) > 50)
    assert server.stop(number) == 0
    load.end()
    assert load.problems == []
    assert set(load.statuses) == {200}


def test_readiness_goes_off_before_the_doors_close(start, files) -> None:
    """While it drains: live, not ready, and still answering."""
    server = start(files / "small.keras")
    server.process.send_signal(signal.SIGTERM)
    until(lambda: server.client.get("/v2/health/ready").status_code == 503)
    assert server.client.get("/v2/health/live").status_code == 200
    said = server.client.post("/v2/models/small/infer", json=GOOD)
    assert (said.status_code, said.headers["connection"]) == (200, "close")
    assert server.stop() == 0


def test_a_replaced_file_is_loaded_without_dropping_a_request(start, files, own) -> None:
    """Under load: all 200, the old answer until the new one."""
    server = start(own, "--no-access-log")
    first = server.client.post("/v2/models/small/infer", json=GOOD).json()
    load = Load(server.url)
    shutil.copy(files / "other.keras", own.with_suffix(".new"))
    os.replace(own.with_suffix(".new"), own)
    until(lambda: server.client.get("/v2/models/small").json()["parameters"]["loads"] == 2)
    load.end()
    assert server.client.post("/v2/models/small/infer", json=GOOD).json() != first
    assert (load.problems, set(load.statuses)) == ([], {200})


def test_a_file_that_cannot_be_used_leaves_the_old_one_in_place(start, files, own) -> None:
    """Damaged, or with examples of another shape: refused, said, counted; answers go on. SIGHUP asks for it at once."""
    server = start(own, "--no-access-log")
    first = server.client.post("/v2/models/small/infer", json=GOOD).json()
    own.write_bytes(own.read_bytes()[:2000])
    refused = lambda: server.log().count("refused, the old one stays")  # noqa: E731
    server.process.send_signal(signal.SIGHUP)
    until(lambda: refused() >= 1)
    before = refused()
    shutil.copy(files / "digits.keras", own)
    server.process.send_signal(signal.SIGHUP)
    until(lambda: refused() > before)
    assert server.client.post("/v2/models/small/infer", json=GOOD).json() == first
    assert 'chainrule_reloads_refused_total{model="small"}' in server.client.get("/metrics").text


def test_a_killed_worker_is_started_again(start, files) -> None:
    """Two workers, one killed under load: requests that others have go on, new ones are answered, SIGTERM ends with 0."""
    server = start(files / "small.keras", "--workers", "2", "--no-access-log")
    victim = workers_of(server)[0]
    load = Load(server.url)
    until(lambda: len(load.statuses) > 20)
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(workers := workers_of(server)) == 2 and victim not in workers)
    count = len(load.statuses)
    until(lambda: len(load.statuses) > count + 20 or not any(thread.is_alive() for thread in load.threads))
    load.end()
    assert set(load.statuses) == {200}
    assert len(load.problems) <= len(load.threads)  # at most what was in the killed worker's hands
    again = Load(server.url)
    until(lambda: len(again.statuses) > 20)
    again.end()
    assert (again.problems, set(again.statuses)) == ([], {200})
    assert server.stop() == 0


@pytest.mark.parametrize("workers", [[], ["--workers", "2"]])
def test_what_a_killed_server_started_ends_by_itself(start, files, workers) -> None:
    """SIGKILL of the first process: its workers and the children that read pictures are gone, and the address is free."""
    server = start(files / "digits.keras", *workers, "--no-access-log")
    expected = 4 if workers else 1  # a worker starts its child after half a second
    until(lambda: len(descendants(server.pid)) == expected)
    started = descendants(server.pid)
    server.process.kill()
    server.process.wait()
    assert all_end(started, 5)
    with pytest.raises(httpx.ConnectError):
        server.client.get("/v2/health/live")


def test_metrics_are_those_of_all_workers(start, files) -> None:
    """Whichever worker is asked, the counts are the sum (those of others at most a second old)."""
    server = start(files / "small.keras", "--workers", "2", "--no-access-log")
    for _ in range(40):
        with httpx.Client(base_url=server.url, trust_env=False) as client:
            assert client.post("/v2/models/small/infer", json=GOOD).status_code == 200

    def counted():
        text = httpx.get(server.url + "/metrics", trust_env=False).text
        return re.search(r'^chainrule_inferences_succeeded_total\{model="small"\} (\S+)', text, re.MULTILINE)[
            1
        ]

    until(lambda: float(counted()) == 40)


def test_metrics_are_prometheus_text(server, ask) -> None:
    """Parsed by Prometheus's own parser; histograms add up."""
    from prometheus_client.parser import text_string_to_metric_families

    ask.post("/v2/models/small/infer", json=GOOD)
    families = {family.name: family for family in text_string_to_metric_families(ask.get("/metrics").text)}
    requests = {
        tuple(s.labels.values()): s.value
        for s in families["chainrule_requests"].samples
        if s.name.endswith("_total")
    }
    assert requests["infer", "200"] >= 1
    counted = [
        s.value
        for s in families["chainrule_request_seconds"].samples
        if s.name.endswith("_count") and s.labels["kind"] == "infer"
    ]
    assert counted[0] == sum(value for (kind, _), value in requests.items() if kind == "infer")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["nothing.keras"], 1, "There is no model file 'nothing.keras'"),
        (["a b=small.keras"], 2, "cannot be a model's name"),
        (["small.keras", "small=other.keras"], 2, "Two models are called 'small'"),
        (["small.keras", "--port", "70000"], 2, "a number up to 65535"),
        (["small.keras", "--token", "short"], 2, "at least 16 letters"),
        (["small.keras", "--host", "192.0.2.1"], 2, "cannot be listened at"),
        (["small.keras", "--token", "x" * 20, "--no-auth"], 2, "exclude each other"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(files, words, code, sentence) -> None:
    """Before anything listens."""
    done = subprocess.run(
        [sys.executable, "-m", "chainrule", "serve", *words],
        capture_output=True,
        text=True,
        cwd=files,
        check=False,
        timeout=30,
    )
    assert done.returncode == code
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_model_is_never_served(files, tmp_path) -> None:
    """One sentence, exit code 1, no address printed."""
    (tmp_path / "bad.keras").write_bytes((files / "small.keras").read_bytes()[:1500])
    words = [sys.executable, "-m", "chainrule", "serve", tmp_path / "bad.keras", "--port", "0"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (1, "")


def test_a_decoder_that_dies_is_started_again(start, files, digits) -> None:
    """A picture that kills the child costs one request."""
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(digits[0]).save(buffer, "PNG")
    server = start(files / "digits.keras")
    for _ in range(2):
        assert (
            server.client.post(
                "/predict", content=buffer.getvalue(), headers={"content-type": "image/png"}
            ).json()["answers"][0]["text"]
            == "7"
        )
        children = subprocess.run(
            ["pgrep", "-P", str(server.pid), "-f", "decoder"], capture_output=True, text=True, check=True
        ).stdout.split()
        os.kill(int(children[0]), signal.SIGKILL)
        until(lambda child=int(children[0]): child not in descendants(server.pid))
    assert json.loads(
        server.client.post("/predict", content=buffer.getvalue(), headers={"content-type": "image/png"}).text
    )["answers"]


def test_without_its_packages_the_install_line_is_said(monkeypatch, capsys) -> None:
    """One sentence, exit code 1."""
    from chainrule.cli import main

    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["serve"]) == 1
    assert (
        'chainrule serve needs the package uvicorn: pip install "chainrule[serve]"' in capsys.readouterr().err
    )
