"""The network of a run is asked at any step, and its answers rank the labels."""

import numpy as np
import pytest
from trained import built, end, houses, learned

from chainrule import diagnosis
from chainrule.diagnosis import labels
from chainrule.errors import DataError


def test_only_classes_have_labels(tmp_path) -> None:
    """A run that estimates numbers is refused, with the reason."""
    with pytest.raises(DataError, match="tell classes apart"):
        diagnosis.suspects(learned(tmp_path, houses(), hidden=(4,), epochs=2))


def test_examples_without_one_class_are_left_aside(tmp_path) -> None:
    """Of targets that say "all equally likely", and of a batch of odd size, every labelled example is ranked once."""
    from chainrule.diagnosis.answers import Answers

    replay = built(tmp_path, [end()], count=130, epochs=2)
    answers = Answers(replay)
    answers.given = answers.given.copy()
    answers.given[[5, 77]] = -1
    ranked = diagnosis.suspects(answers)
    assert sorted(ranked.index) == [k for k in range(130) if k not in (5, 77)]
    assert len(ranked) == 128


@pytest.mark.parametrize("rows", [7, 130, 1000])
def test_answers_in_pieces_are_those_of_the_model(tmp_path, monkeypatch, rows) -> None:
    """However many go through at once, and also for some of them, the answers are those of `predict`."""
    from chainrule.diagnosis import answers

    monkeypatch.setattr(answers, "ROWS_AT_ONCE", rows)
    replay = built(tmp_path, [end()], count=130, epochs=2)
    asked = answers.Answers(replay)
    last = replay.run.snapshots()[-1]
    whole = replay.model.predict(replay.examples.inputs(slice(None)), verbose=0)
    assert np.allclose(asked.probabilities(last), whole, atol=1e-6)
    some = np.arange(3, 120, 2)
    assert np.allclose(asked.probabilities(last, some), whole[some], atol=1e-6)


def test_where_replay_takes_too_long_snapshots_do(tmp_path, monkeypatch) -> None:
    """The states that are asked are the ends of epochs, or those that are kept on the disk."""
    from chainrule.diagnosis.answers import Answers

    replay = built(tmp_path, [end()], count=3200, epochs=4)
    assert labels.states(Answers(replay)) == (100, 200, 300, 400)
    monkeypatch.setattr(labels, "BUDGET", 0.0)
    assert labels.states(Answers(replay)) == tuple(step for step in replay.run.snapshots() if step)


def test_states_that_replay_can_not_reach(tmp_path, monkeypatch) -> None:
    """Where replay refuses, because its losses are not those that were recorded, the rest is looked at, and that is said."""
    replay = built(tmp_path, [end()], count=500, epochs=3)
    replay.visited.clear()
    replay.recorded["loss"] = replay.recorded["loss"] * 2
    replay.visited[0] = replay.run.load_snapshot(0).state["learning"]
    result = diagnosis.diagnose(replay.run, replay)
    assert "Labels were not judged: Replayed, the losses" in " ".join(result.left_out)
    assert "the classes it answers" in result.looked_at
    assert result.suspects is None
