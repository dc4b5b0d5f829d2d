"""A line to fit and a loss with two valleys: the surface, the way over it, and ten networks at once."""

import numpy as np
import pytest

from chainrule import losses
from chainrule.errors import SettingError
from chainrule.studio.balls import place_of, start
from chainrule.studio.branch import LiveBranch
from chainrule.studio.session import Session
from chainrule.studio.toy_data import LINES, toy_data


def session_on(name, **more):
    settings = {"units": [], "optimizer": "sgd", "learning_rate": 0.1, "batch_size": 64} | more
    return Session.of_lesson({"data": name, **settings})


@pytest.mark.parametrize("name", sorted(LINES))
def test_the_surface_is_the_loss(name) -> None:
    """At any place of it the surface is what the network of that weight and bias would lose on all examples."""
    session = session_on(name)
    _, found = session.see("surface", {})
    model, data = session.branch.model, session.data
    for row, column in ((0, 0), (10, 40), (48, 48), (24, 31)):
        model.set_weights([found["line"][None, None, column], found["line"][None, row]])
        expected = losses.MeanSquaredError()(data.y_train[:, None], model.predict(data.x_train, verbose=0))
        assert found["losses"][row, column] == pytest.approx(float(expected), rel=1e-5)


def test_two_valleys_are_two() -> None:
    """Networks that begin anywhere end in one of two places, and one of them is deeper."""
    session = session_on("valleys", learning_rate=0.3)
    session.do("balls", {"number": 10})
    session.do("step", {"steps": 1500})
    _, frame = session.see("frame", {})
    right = frame["balls"][:, 0] > 0
    assert 0 < right.sum() < 10
    for side in (right, ~right):
        assert np.ptp(frame["balls"][side], axis=0).max() < 1
    _, found = session.see("surface", {})
    columns = found["line"] > 0
    assert found["losses"][:, columns].min() < found["losses"][:, ~columns].min() - 0.1


@pytest.mark.parametrize(
    ("optimizer", "rate"), [("sgd", 0.1), ("momentum", 0.05), ("adam", 0.03), ("rmsprop", 0.01)]
)
def test_each_of_ten_learns_as_it_would_alone(optimizer, rate) -> None:
    """A ball is a whole network: begun from its place, with the same rates at the same steps, one network alone comes to the same weights."""
    session = session_on("valleys", optimizer=optimizer, learning_rate=rate)
    session.do("step", {"steps": 7})
    session.do("balls", {"number": 4})
    session.do("step", {"steps": 5})
    session.do("rate", {"learning_rate": rate / 3})
    session.do("step", {"steps": 30})
    _, frame = session.see("frame", {})
    begun = next(params for params in session.rolling.all.state_at(0)["params"] if params)
    for k in range(4):
        alone = session_on("valleys", optimizer=optimizer, learning_rate=rate).branch
        alone.model.set_weights([begun["kernel"][:, k : k + 1], begun["bias"][k : k + 1]])
        branch = LiveBranch(alone.model, alone.examples, 64)
        branch.advance(12)
        branch.set_rate(rate / 3)
        branch.advance(30)
        assert np.allclose(place_of(branch.state), frame["balls"][k], atol=1e-4)


def test_balls_follow_back_and_begin_again() -> None:
    """They go back with the branch, begin elsewhere after a restart with another seed, and end where there are more weights."""
    session = session_on("line")
    session.do("balls", {"number": 10})
    _, first = session.see("frame", {})
    session.do("step", {"steps": 20})
    session.do("back", {"to": 0})
    assert np.array_equal(session.see("frame", {})[1]["balls"], first["balls"])
    told = session.do("restart", {"seed": 77})
    assert told["balls"] == 10
    assert not np.array_equal(session.see("frame", {})[1]["balls"], first["balls"])
    assert session.do("balls", {"number": 0})["balls"] == 0
    session.do("balls", {"number": 3})
    told = session.do("restart", {"units": [4]})
    assert (told["balls"], told["surface"]) == (0, False)
    for refused in (lambda: session.do("balls", {"number": 10}), lambda: session.see("surface", {})):
        with pytest.raises(SettingError, match="one weight and one bias"):
            refused()
    for number in (11, -1, 2.5, None, "ten"):
        with pytest.raises(SettingError, match="number"):
            session_on("line").do("balls", {"number": number})


def test_the_way_begins_at_the_start_and_ends_at_the_network() -> None:
    """Its places are those that the network had, at the steps that are named."""
    session = session_on("line", seed=5)
    session.do("step", {"steps": 300})
    _, found = session.see("surface", {})
    assert found["steps"][0] == 0
    assert found["steps"][-1] == 300
    begun = session_on("line", seed=5).branch.model
    start(begun, "line", 5)
    assert np.allclose(found["way"][0], [float(np.ravel(w)[0]) for w in begun.get_weights()])
    for k in (3, 40, -1):
        assert np.allclose(found["way"][k], place_of(session.branch.state_at(int(found["steps"][k]))))
    assert np.allclose(found["way"][-1], [0.8, -0.3], atol=0.1)


@pytest.mark.parametrize("name", sorted(LINES))
def test_points_along_a_line_are_the_same_for_the_same_seed(name) -> None:
    """A seed decides them; another one gives others."""
    assert (toy_data(name, 4).x_train == toy_data(name, 4).x_train).all()
    assert not (toy_data(name, 5).x_train == toy_data(name, 4).x_train).all()


def test_a_line_with_hidden_layers_is_a_curve() -> None:
    """With hidden layers the answers bend, every unit has its map, and a step opens."""
    session = session_on("valleys", units=[6], optimizer="adam", learning_rate=0.03)
    session.do("step", {"steps": 400})
    header, frame = session.see("frame", {})
    assert frame["map:dense"].shape == (6, 32 * 32)
    assert header["held_out"] < 0.2
    answer = frame["answer"]
    assert answer[2] > 0.3 > answer[16] < answer[-3]
    assert session.see("step", {"step": "3"})["kind"] == "line"


def test_the_first_lesson_in_the_page(page, studio) -> None:
    """Chosen by a click: the fit and the surface; ten at once, a restart at random, a hidden layer, which takes the surface away."""
    page.goto(studio.link)
    page.wait_for_selector("#figure-step")
    page.click("[data-name=valleys]")
    page.wait_for_selector(".surface canvas[aria-label*='the network is at']")
    page.click("#ten-balls")
    page.wait_for_selector("#ten-balls[aria-pressed=true]")
    page.click("#one-step")
    page.wait_for_selector("#figure-step:text-is('1')")
    before = page.get_attribute(".surface canvas", "aria-label")
    assert "with 10 others" in before
    page.click("#at-random")
    page.wait_for_selector(".branches button:has-text('seed') >> nth=0")
    page.wait_for_function("(was) => document.querySelector('.surface canvas').ariaLabel !== was", arg=before)
    page.locator(".surface canvas").hover()
    page.wait_for_selector(".surface .curve-tip:has-text('loss')")
    page.click("#more-layers")
    page.wait_for_selector(".surface", state="hidden")
    page.click("[data-name=line]")
    page.wait_for_selector(".surface canvas[aria-label*='the network is at']")
    page.click("#in-phases")
    page.wait_for_selector(".example-answer:has-text('for')")
    assert page.locator(".example.wrong").count() == 0
