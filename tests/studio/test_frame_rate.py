"""How often a page is told of a training: thirty times a second where learning has time over, less where it would learn less."""

import types

import pytest

from chainrule.studio import session_process
from chainrule.studio.session_process import Serving


class Clock:
    """Time that passes only when something takes it."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        return self.now


class Pipe:
    """Nobody asks anything; waiting takes time."""

    def __init__(self, clock):
        self.clock, self.frames = clock, []

    def poll(self, seconds):
        self.clock.now += seconds
        return False

    def send(self, message):
        self.frames.append(self.clock.now)


class Session:
    """Learns for as long as it may, or for a share of it where a speed was asked for."""

    def __init__(self, clock, speed, frame):
        self.clock, self.speed, self.playing, self.running, self.current = clock, speed, True, False, 0
        self.branch = types.SimpleNamespace(head=0)
        self.views = types.SimpleNamespace(frame=self.shown)
        self.cost, self.learned = frame, 0.0

    def learn(self, seconds):
        took = seconds / 10 if self.speed else seconds
        self.clock.now += took
        self.learned += took

    def shown(self, since):
        self.clock.now += self.cost
        return {}, {}


@pytest.mark.parametrize(("speed", "frame"), [(300, 0.001), (300, 0.008), (None, 0.0002), (None, 0.008)])
def test_frames_come_as_often_as_learning_allows(monkeypatch, speed, frame) -> None:
    """Ten seconds of it: with a speed that leaves time over 30 a second; without one at most a 35th of the time goes into frames."""
    clock = Clock()
    monkeypatch.setattr(session_process, "time", clock)
    monkeypatch.setattr(session_process, "packed", lambda header, arrays: b"")
    serving = Serving(Pipe(clock))
    serving.session, serving.watched = Session(clock, speed, frame), True
    while clock.now < 10:
        serving.turn()
        serving.send_frame()
    rate = len(serving.pipe.frames) / 10
    if speed or frame * session_process.COST < 1 / session_process.FRAMES:
        assert 29 <= rate <= 30.2
    else:
        assert rate * frame <= 1 / 33
        assert serving.session.learned > 9.6
