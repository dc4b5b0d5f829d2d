"""What is printed while learning: bars on terminals, lines elsewhere, silence on request."""

import io

import pytest

from chainrule.errors import SettingError
from chainrule.training import progress
from chainrule.training.progress import Progress, clock, number, per_step, verbosity


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self.told = encoding

    @property
    def encoding(self) -> str:
        return self.told

    def isatty(self) -> bool:
        return True


@pytest.fixture
def watch(monkeypatch):
    """A clock that is moved by hand."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    return now


def test_figures_have_keras_s_digits() -> None:
    """Four decimals; an exponent up to 0.001; infinities and NaN as words."""
    written = {
        0.5: "0.5000",
        1.23456: "1.2346",
        0.001: "1.0000e-03",
        0.0011: "0.0011",
        0.0: "0.0000e+00",
        1e-9: "1.0000e-09",
    }
    for value, text in written.items():
        assert number(value) == text
    assert [number(float(word)) for word in ("nan", "inf", "-inf")] == ["nan", "inf", "-inf"]
    assert number(12345.678) == "12345.6780"


def test_durations_have_keras_s_units() -> None:
    """us, ms and s per step; seconds, minutes and hours."""
    assert [per_step(s) for s in (0.0000124, 0.000999, 0.001, 0.5, 1, 12.4, 0)] == [
        "12us/step", "999us/step", "1ms/step", "500ms/step", "1s/step", "12s/step", "0s/step",
    ]  # fmt: skip
    assert [clock(s) for s in (0, 59.9, 60, 61, 185, 3599, 3600, 7261)] == [
        "0s", "59s", "60s", "1:01", "3:05", "59:59", "1:00:00", "2:01:01",
    ]  # fmt: skip


def test_one_line_per_epoch(watch) -> None:
    """verbose=2: nothing until the end, then one line."""
    out = io.StringIO()
    bar = Progress(2, 1875, out)
    bar.say("Epoch 1/10")
    watch[0] += 1.0
    bar.update(900, {"loss": 1.0})
    assert out.getvalue() == "Epoch 1/10\n"
    watch[0] += 0.875
    bar.finish({"accuracy": 0.975, "loss": 0.0625, "val_loss": 0.0001})
    assert (
        out.getvalue().splitlines()[1]
        == "1875/1875 - 2s - 1ms/step - accuracy: 0.9750 - loss: 0.0625 - val_loss: 1.0000e-04"
    )


def test_silence_on_request() -> None:
    """verbose=0 prints nothing at all."""
    out = io.StringIO()
    bar = Progress(0, 10, out)
    bar.say("Epoch 1/10")
    bar.update(5, {})
    bar.finish({"loss": 1.0})
    assert out.getvalue() == ""


def test_a_bar_with_rate_and_time_left(watch) -> None:
    """verbose=1: the bar is redrawn in place, at most ten times a second, and ends in a line of its own."""
    out = Terminal()
    bar = Progress(1, 100, out)
    watch[0] += 2.0
    bar.update(25, {"loss": 0.5})
    drawn = out.getvalue()
    assert drawn.startswith(
        "\r 25/100 ━━━━━───────────────  6s 80ms/step - loss: 0.5000".replace("  6s", " 6s")
    )
    bar.update(26, {"loss": 0.4})
    assert out.getvalue() == drawn
    watch[0] += 1.0
    bar.update(50, {"loss": 0.25})
    assert "50/100 ━━━━━━━━━━──────────" in out.getvalue()
    watch[0] += 1.0
    bar.finish({"loss": 0.125, "val_loss": 0.25})
    last = out.getvalue().split("\r")[-1]
    assert last.rstrip(" \n") == "100/100 ━━━━━━━━━━━━━━━━━━━━ 4s 40ms/step - loss: 0.1250 - val_loss: 0.2500"
    assert out.getvalue().endswith("\n")


def test_a_bar_in_plain_letters_where_the_terminal_knows_no_others() -> None:
    """An ASCII terminal gets = and dots."""
    out = Terminal("ascii")
    Progress(1, 4, out).finish({})
    assert out.getvalue().encode("ascii")
    assert "====" in out.getvalue()


def test_a_bar_fits_the_terminal(monkeypatch, watch) -> None:
    """Of a redrawn line so many words are shown as the terminal has room for; what a shorter line leaves over is wiped."""
    monkeypatch.setenv("COLUMNS", "40")
    out = Terminal()
    bar = Progress(1, 100, out)
    watch[0] += 1
    bar.update(50, {"a_metric_with_a_long_name": 0.5, "loss": 0.5})
    drawn = out.getvalue().removeprefix("\r").split(" ")
    assert len(" ".join(drawn)) <= 39
    assert drawn[1] == "50/100"
    assert drawn[-1].endswith(("━", "─", "s", "step"))  # no word is cut


def test_auto_is_a_bar_on_a_terminal_and_lines_elsewhere(monkeypatch) -> None:
    """ "auto" looks at the stream; a dumb terminal gets lines; anything else than 0, 1, 2 is refused."""
    monkeypatch.setenv("TERM", "xterm")
    assert (verbosity("auto", Terminal()), verbosity("auto", io.StringIO())) == (1, 2)
    assert verbosity(None, io.StringIO()) == 2
    monkeypatch.setenv("TERM", "dumb")
    assert verbosity("auto", Terminal()) == 2
    assert [verbosity(v) for v in (0, 1, 2, True, False)] == [0, 1, 2, 1, 0]
    for wrong in (3, -1, "loud", 1.5):
        with pytest.raises(SettingError, match="verbose is 0"):
            verbosity(wrong)
