"""What a page sends cannot take the studio down, and what goes down is shown with the way back."""

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from studio_client import Studio, running

from chainrule.studio.frames import unpacked

LIVE = {"data": "xor", "units": [3]}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nothing", b"", 404), ("GET", "/api/sessions/none/see/session", b"", 404), ("POST", "/", b"", 405), ("POST", "/api/sessions", b"{", 400),
        ("POST", "/api/sessions", b"[1]", 400), ("POST", "/api/sessions", b'{"lesson": {"data": 5}}', 400), ("POST", "/api/sessions", b'{"model": "x"}', 400),
        ("POST", "/api/sessions", b"[" * 100_000, 400), ("POST", "/api/sessions", b'{"lesson": {"learning_rate": NaN}}', 400), ("POST", "/api/sessions", b"\xff\xfe", 400),
        ("POST", "/api/sessions", b'{"run": "../../../etc"}', 400), ("POST", "/api/sessions", b'{"lesson": {"units": [1000, 1000, 1000, 1000, 1000]}}', 400),
        ("POST", "/api/sessions", b"x" * 1_000_001, 413), ("POST", "/api/use/drawing?w=10&h=10", b"123", 400), ("POST", "/api/use/photo", b"GIF89a", 400),
        ("POST", "/api/use/nothing", b"", 400), ("POST", "/api/use/unit?layer=dense&unit=99999", bytes(784), 400), ("GET", "/api/runs/no-such-run/curves", b"", 400),
        ("GET", "/api/runs/..%2f..%2fetc/curves", b"", 404), ("DELETE", "/api/sessions/none", b"", 404), ("POST", "/api/sessions/none/do/play", b"", 404),
    ],
)  # fmt: skip
def test_an_error_has_one_shape(studio, method, path, body, status) -> None:
    """Whatever is asked wrongly: {"error": {"kind", "message", "status"}}, with a sentence, and never a traceback."""
    got, result = studio.ask(method, path, body=body)
    assert got == status, result
    assert set(result) == {"error"}
    assert set(result["error"]) == {"kind", "message", "status"}
    assert result["error"]["status"] == status
    assert len(result["error"]["message"]) > 10
    assert "Traceback" not in json.dumps(result)
    assert studio.ask("GET", "/api/start")[0] == 200


def test_odd_questions_do_not_end_a_session(studio) -> None:
    """Two hundred odd questions: each is answered, and the session still has what it had learned."""
    session = studio.begin(**LIVE)
    studio.ask("POST", f"/api/sessions/{session}/do/step", {"steps": 5})
    rng = np.random.default_rng(0)
    words = [
        "step",
        "branch",
        "layer",
        "weight",
        "index",
        "example",
        "unit",
        "view",
        "from",
        "ahead",
        "check",
    ]
    values = [
        "-1",
        "1e9",
        "",
        "dense",
        "kernel",
        "0,0",
        "9,9,9",
        "NaN",
        "é",
        "'; drop",
        "0" * 50,
        "%00",
        "true",
        "4",
        "2",
    ]
    for k in range(200):
        what = ["step", "factors", "map", "weight", "unit", "example", "layer", "plane", "curve", "nothing"][
            k % 10
        ]
        query = "&".join(f"{rng.choice(words)}={rng.choice(values)}" for _ in range(rng.integers(0, 5)))
        status, _ = studio.ask(
            "GET", f"/api/sessions/{session}/see/{what}?{query.replace(' ', '+').replace('é', '%C3%A9')}"
        )
        assert status in (200, 400), (what, query)
    for action, settings in [("step", {"steps": -1}), ("step", {"to": "x"}), ("rate", {}), ("rate", {"learning_rate": "∞"}), ("back", {"to": 99}), ("fork", {"step": 77}),
                             ("fork", {"batch_size": 0}), ("branch", {"branch": 5}), ("speed", {"speed": None}), ("restart", {"units": None}), ("jump", {})]:  # fmt: skip
        status, _ = studio.ask("POST", f"/api/sessions/{session}/do/{action}", settings)
        assert status == 400, action
    status, result = studio.ask("GET", f"/api/sessions/{session}/see/session")
    assert status == 200
    assert result["branches"][0]["head"] == 5


def test_a_huge_picture_is_refused_quickly(studio) -> None:
    """A small file that would become gigabytes is refused within the time of a click."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    side = 60_000
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(bytes(1_000_000)))
        + chunk(b"IEND", b"")
    )
    status, result = studio.ask("POST", "/api/use/photo", body=bomb)
    assert status == 400
    assert "picture" in result["error"]["message"].lower() or "pixels" in result["error"]["message"].lower()


def test_frames_come_while_it_learns_and_a_gap_is_filled(studio) -> None:
    """Over the WebSocket: frames whose losses follow each other, the last of them the session's own."""
    from websockets.sync.client import connect

    session = studio.begin(data="moons", units=[4], seed=77)
    headers = {"Cookie": studio.cookie, "Origin": f"http://{studio.host}"}
    with connect(
        f"ws://{studio.host}/api/sessions/{session}/live", additional_headers=headers, proxy=None
    ) as socket:
        unpacked(socket.recv(timeout=20))
        studio.ask("POST", f"/api/sessions/{session}/do/play", {})
        frames = [unpacked(socket.recv(timeout=20)) for _ in range(12)]
        studio.ask("POST", f"/api/sessions/{session}/do/pause", {})
    assert all(len(json.dumps(header)) < 3000 for header, _ in frames)
    steps = [header["step"] for header, _ in frames]
    assert steps == sorted(steps)
    assert steps[-1] > 0
    _, whole = unpacked(studio.ask("GET", f"/api/sessions/{session}/see/curve?branch=0")[1])
    for header, arrays in frames:
        assert (whole["loss"][header["from"] : header["step"]] == arrays["loss"]).all()


def test_malformed_frames_do_no_harm(studio) -> None:
    """Thousands of odd messages, and one that is too large: the session goes on."""
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    session = studio.begin(**LIVE)
    headers = {"Cookie": studio.cookie, "Origin": f"http://{studio.host}"}
    rng = np.random.default_rng(1)
    with connect(
        f"ws://{studio.host}/api/sessions/{session}/live", additional_headers=headers, proxy=None
    ) as socket:
        for _ in range(3000):
            socket.send(rng.bytes(int(rng.integers(0, 60))))
    with connect(
        f"ws://{studio.host}/api/sessions/{session}/live", additional_headers=headers, proxy=None
    ) as socket:
        try:
            socket.send(bytes(2**20 + 1))
            for _ in range(50):
                socket.recv(timeout=5)
        except (ConnectionClosed, TimeoutError):
            pass
    assert studio.ask("GET", f"/api/sessions/{session}/see/session")[0] == 200


def children_of(pid) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_session_that_dies_is_told_and_begun_again(runs_dir, browser) -> None:
    """The process is killed while a page watches: the page says so, offers to begin again, and it works again."""
    with running("--runs-dir", str(runs_dir)) as studio:
        page = browser.new_page()
        page.goto(studio.link)
        page.wait_for_selector("#figure-step")
        page.click("#play")
        page.wait_for_selector("#figure-step:not(:text-is('0'))")
        for pid in children_of(studio.process.pid):
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
        page.wait_for_selector("#again", timeout=20_000)
        assert "ended" in page.inner_text("#notice")
        page.click("#again")
        page.wait_for_selector("#figure-step:text-is('0')")
        page.click("#play")
        page.wait_for_selector("#figure-step:not(:text-is('0'))")
        page.close()


def test_a_studio_that_is_started_anew_is_found_again(runs_dir, browser) -> None:
    """The server is killed and started on the same port: the open page says that it waits, and goes on once its new link was opened."""
    first = Studio("--runs-dir", str(runs_dir))
    context = browser.new_context()
    page = context.new_page()
    page.goto(first.link)
    page.wait_for_selector("#figure-step")
    first.process.kill()
    first.process.communicate()
    page.wait_for_selector("#notice:has-text('lost'), #notice:has-text('does not answer')", timeout=20_000)
    second = Studio("--runs-dir", str(runs_dir), port=str(first.port))
    try:
        page.wait_for_selector("#notice:has-text('use the link')", timeout=20_000)
        other = context.new_page()
        other.goto(second.link)
        other.wait_for_selector("#figure-step")
        page.wait_for_selector("#again", timeout=20_000)
        page.click("#again")
        page.wait_for_selector("#notice", state="hidden")
        page.wait_for_selector("#figure-step")
    finally:
        context.close()
        second.close()


def test_nothing_secret_is_printed(runs_dir) -> None:
    """Neither token nor cookie is on stderr, also not after errors."""
    studio = Studio("--runs-dir", str(runs_dir))
    studio.ask("GET", "/nothing")
    studio.raw("GET", f"/x?token={studio.token}", {"Host": "evil.example"})
    studio.ask("GET", "/nothing")  # the studio has written what it has to say of the one before
    said = studio.close()
    assert studio.token not in said
    assert studio.cookie.split("=")[1] not in said


def test_a_port_that_is_taken_is_said(studio) -> None:
    """--port of another program: one sentence and exit code 2, or the next free port without --port."""
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "chainrule", "studio", "--no-open", "--port", str(studio.port)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert f"Port {studio.port}" in done.stderr
    done = subprocess.run(
        [sys.executable, "-m", "chainrule", "studio", "moonz"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "Did you mean 'moons'" in " ".join(done.stderr.split())


def test_answers_are_sent_at_once(studio) -> None:
    """The server's sockets name TCP, without which asyncio would hold small answers back for 40 ms each."""
    import socket

    from chainrule.studio.server import listening_socket

    with listening_socket(None) as found:
        assert found.proto == socket.IPPROTO_TCP
