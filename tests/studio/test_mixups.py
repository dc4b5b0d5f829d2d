"""Mix-ups and the landscape: of any step, and from a count to the computation behind one example."""

import re

import numpy as np
import pytest
from studio_client import open_at

from chainrule import Input, RunRecorder, Sequential, layers, losses, open_run
from chainrule.studio.session import Session


@pytest.fixture(scope="module")
def learned():
    """A session on points in the plane that has taken 40 steps."""
    session = Session.of_lesson({"data": "moons", "units": [6], "seed": 2})
    session.do("step", {"steps": 40})
    return session


def test_counts_are_those_of_predict(learned) -> None:
    """The table counts what `predict` answers with the weights before that step, and each example is behind one number."""
    header, arrays = learned.see("confusion", {"part": "learned from", "step": "40"})
    model, branch = learned.branch.model, learned.branch
    for layer, params in zip(branch.model.learning_chain, branch.state_at(40)["params"], strict=True):
        layer.params = params
    answer = (model.predict(branch.examples.x, verbose=0)[:, 0] > 0.5).astype(int)
    truth = np.asarray(branch.examples.y).reshape(-1).astype(int)
    counts = [[int(((truth == t) & (answer == a)).sum()) for a in (0, 1)] for t in (0, 1)]
    assert arrays["counts"].tolist() == counts
    assert header["n"] == len(truth)
    assert header["right"] == counts[0][0] + counts[1][1]


def test_the_examples_behind_a_count_lead_to_a_step_that_learned_from_them(learned) -> None:
    """Each comes with a step and a place in its batch, at which that very example stands."""
    counts = learned.see("confusion", {"part": "learned from"})[1]["counts"]
    for truth in range(2):
        for answer in range(2):
            asked = {"part": "learned from", "truth": str(truth), "answer": str(answer)}
            header, arrays = learned.see("confused", asked)
            assert header["count"] == counts[truth, answer]
            for place, found, x in zip(header["places"], header["steps"], arrays["x"], strict=True):
                if found is not None:
                    assert learned.branch.chosen(found[0])[found[1]] == place
                    np.testing.assert_array_equal(learned.branch.batch_of(found[0])[0][found[1]], x)
                assert int(learned.branch.examples.y[place].item()) == truth


def test_amounts_cannot_be_confused() -> None:
    """A network that learns amounts says so in a sentence."""
    session = Session.of_lesson({"data": "line", "units": []})
    with pytest.raises(Exception, match="this network learns amounts"):
        session.see("confusion", {})


def test_the_landscape_has_the_way_and_the_step(learned) -> None:
    """The mark of a step stands where the way has that step, and the loss below the last state is the one measured there."""
    header, arrays = learned.see("landscape", {"step": "40"})
    assert header["steps"][-1] == 40
    np.testing.assert_allclose(arrays["at"], arrays["path"][-1], atol=1e-4)
    assert arrays["losses"].shape == (len(arrays["b"]), len(arrays["a"]))
    middle = learned.see("landscape", {"step": str(header["steps"][4])})[1]
    np.testing.assert_allclose(middle["at"], arrays["path"][4], atol=1e-3)


def test_the_landscape_of_a_run_has_the_losses_it_recorded(runs_dir) -> None:
    """Pixels are read as the network read them: the loss along the way falls as the run's own did."""
    session = Session.of_run(str(next(runs_dir.iterdir())))
    session.see("landscape", {})
    losses, recorded = session.views.landscape.plane.path_losses, session.branch.losses
    assert abs(losses[0] - recorded[:10].mean()) < 1.5
    assert losses[-1] < losses[0]


def test_a_landscape_needs_a_way() -> None:
    """Before three steps there is none, and the sentence says what to do."""
    session = Session.of_lesson({"data": "xor", "units": [4]})
    with pytest.raises(Exception, match="learn a little first"):
        session.see("landscape", {})


def test_from_a_run_to_the_numbers_behind_a_wrong_answer(page, studio, runs_dir) -> None:
    """Runs, Mix-ups, a count off the diagonal, its picture: every number behind it, in four clicks; Back returns."""
    open_at(page, studio, "#place=runs")
    page.click("[data-view=confusion]")
    page.wait_for_selector(".mixups .count:not(.soft)")
    page.locator(".mixups .count:not(.soft)").first.click()
    page.locator(".behind .example").first.click()
    page.wait_for_selector(".use-answer .big")
    assert "held-out pictures" in page.inner_text(".use-answer")
    assert page.locator(".use-unit .equation").count() == 1
    assert re.search("place=use.*held=|held=.*place=use", page.url)
    page.reload()
    page.wait_for_selector(".use-answer .big")
    page.go_back()
    page.wait_for_selector(".behind .example")
    page.click("[data-part='learned from']")
    page.wait_for_selector("[data-part='learned from'][aria-pressed=true]")
    page.locator(".mixups .count").first.click()
    page.locator(".behind .example:not([disabled])").first.click()
    page.wait_for_selector(".account-title:has-text('example')")
    assert "step=" in page.url


def test_the_landscape_leads_to_steps(page, studio, runs_dir) -> None:
    """The key l draws it for a run; a place on its way opens that step, and the mark moves there."""
    open_at(page, studio, f"#place=step&run={next(runs_dir.iterdir()).name}&step=12")
    page.wait_for_selector(".account, .step-title:has-text('Step 12')")
    page.keyboard.press("l")
    page.wait_for_selector(".way .here")
    before = page.get_attribute(".way .here", "cx")
    page.locator(".way .open").first.dispatch_event("click")
    page.wait_for_selector(".step-title:has-text('Step 0')")
    page.wait_for_function(
        "was => document.querySelector('.way .here')?.getAttribute('cx') !== was", arg=before
    )
    page.keyboard.press("l")
    page.wait_for_selector(".way .here", state="hidden")


@pytest.mark.parametrize("outputs", [1, 2])
def test_logits_are_shown_as_probabilities(tmp_path, outputs) -> None:
    """Where the loss takes logits: in the table, the sure ones first, in the batch, in frames, and on the plane, whose middle is one half."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 2)).astype(np.float32)
    y = (x.sum(axis=1) > 0.3).astype(np.int32)
    model = Sequential([Input((2,)), layers.Dense(4, "tanh"), layers.Dense(outputs)])
    loss = losses.BinaryCrossentropy if outputs == 1 else losses.SparseCategoricalCrossentropy
    model.compile("adam", loss(from_logits=True), ["accuracy"], backend="numpy")
    model.fit(x, y, batch_size=8, epochs=3, verbose=0, callbacks=[RunRecorder(tmp_path, "logits")])
    session = Session.of_replay(open_run("last", tmp_path, model=model, x=x, y=y).replay)
    z = model.predict(x, verbose=0)
    raised = np.exp(np.concatenate([np.zeros_like(z), z], axis=1) if outputs == 1 else z)
    p = raised / raised.sum(axis=1, keepdims=True)
    says = p.argmax(axis=1)
    last = str(session.branch.head)
    for truth in range(2):
        for answer in range(2):
            asked = {"step": last, "part": "learned from", "truth": str(truth), "answer": str(answer)}
            header, _ = session.see("confused", asked)
            assert header["count"] == int(((y == truth) & (says == answer)).sum())
            np.testing.assert_allclose(header["p"], p[header["places"], answer], atol=1e-5)
            assert header["p"] == sorted(header["p"], reverse=True)
    for one in session.see("step", {"step": last})["examples"] if int(last) < 15 else ():
        assert one["answer"] == str(says[one["place"]])
    for one in session.see("step", {"step": "14"})["examples"]:
        assert 0.5 <= one["p"] <= 1
    if outputs == 1:
        drawn = session.see("plane", {"step": "14"})[1]
        answers = list(drawn.values())[-1]
        assert answers.min() < 128 < answers.max()
