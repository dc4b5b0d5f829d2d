"""`chainrule train --studio`: the studio on a training that goes on, in another process."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
from studio_client import SRC, Client


@pytest.fixture
def training(runs_dir, tmp_path):
    """A training of some seconds with the studio beside it, and a client of that studio."""
    words = ["train", str(runs_dir.parent / "few.npz"), "--layers", "12", "--batch-size", "8", "--epochs", "400", "--seed", "1",
             "--backend", "numpy", "--studio"]  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-m", "chainrule", *words], cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(SRC), "BROWSER": "true"}, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            line = next(line for line in process.stderr if "The studio is open at" in line)
            yield process, Client(re.search(r"http\S+", line)[0])
        finally:
            process.kill()


def test_a_training_is_watched_while_it_learns_and_opened_when_it_ended(training, page_of) -> None:
    """Its steps are there while it learns, every one can be opened and forked; the studio stays until Ctrl-C."""
    process, client = training
    page = page_of(client.link)
    page.wait_for_selector("#running:visible")
    page.wait_for_selector("#figure-step:not(:text-is('0'))")
    run = re.search(r"run=([^&]+)", page.url)[1]
    result = client.ask("POST", "/api/sessions", {"run": run})[1]
    assert result["branches"][0]["running"]
    seen = result["branches"][0]["head"]
    assert (
        client.ask("GET", f"/api/sessions/{result['id']}/see/step?step={seen // 2}")[1]["step"] == seen // 2
    )
    page.wait_for_selector("#running", state="hidden", timeout=90_000)
    page.wait_for_selector("#figure-step:text-is('4,000')")
    page.click("#play")
    page.wait_for_selector(".branches button:has-text('fork at 4,000')")
    assert process.poll() is None
    for line in process.stderr:
        if "stays open" in line:
            break
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(30) == 0
    with pytest.raises(OSError, match="refused"):
        client.raw("GET", "/", {})
    page.said.clear()  # the page says that the studio is gone


def test_the_studio_ends_with_a_training_that_is_killed(training) -> None:
    """No server is left behind, however the training ends."""
    process, client = training
    process.kill()
    process.wait()
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            client.raw("GET", "/", {})
        except OSError:
            return
        time.sleep(0.1)
    pytest.fail("the studio still answers")


@pytest.mark.parametrize(
    ("word", "told"), [("--no-record", "leave --no-record out"), ("--json", "leave --json out")]
)
def test_what_cannot_be_watched_is_said(word, told, tmp_path) -> None:
    """A training that leaves no run, or whose end a program waits for, is refused before it begins."""
    command = [sys.executable, "-m", "chainrule", "train", "--studio", word]
    found = subprocess.run(
        command,
        cwd=tmp_path,
        text=True,
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(SRC)},
    )
    assert found.returncode == 2
    assert told in found.stdout + found.stderr
