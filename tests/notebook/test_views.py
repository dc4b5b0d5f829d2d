"""Each live view in a real browser: it shows the library's own numbers, and says what it cannot."""

import base64

import numpy as np
import pytest

from chainrule import Sequential, datasets, explain, landscapes, layers, notebook
from chainrule.errors import SettingError
from chainrule.notebook.widgets import widget


def test_a_step_of_a_run_is_walked_and_its_weights_are_opened(notebook_page, opened_run) -> None:
    """run.at(9): its step with all numbers; keys change the step, a weight opens as explain tells it."""
    page = notebook_page(notebook.show(opened_run.at(9)))
    page.wait_for_selector(".step-title:has-text('Step 9')")
    page.click(".step-title")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".step-title:has-text('Step 10')")
    page.click("#arithmetic .factor >> nth=0")
    page.wait_for_selector(".account-title")
    title = page.inner_text(".account-title")
    layer, index = (
        title.split("[")[0].rsplit(".", 1)[0],
        [int(k) for k in title.split("[")[1].split("]")[0].split(",")],
    )
    weight = title.split("[")[0].rsplit(".", 1)[1]
    result = explain.step(opened_run, 10).weight_of(layer, weight, *index)
    assert result.title.replace("-", "−") in title.replace("-", "−")
    assert page.locator(".equation").count() == len(result.equations) - sum(
        len(p.equations) for p in result.parts if type(p).__name__ == "Shares"
    )
    page.click("[data-phase='3']")
    page.wait_for_selector("[data-view=delta][aria-pressed=true]")
    assert page.url == "http://notebook.localhost/lab"  # the notebook's address is its own


def test_a_link_to_a_weight_opens_it(notebook_page, opened_run) -> None:
    """show(run, step, weight): the arithmetic is open; a step that is not there is refused before anything is drawn."""
    page = notebook_page(notebook.show(opened_run, step=4, weight="dense.kernel,1,2"))
    page.wait_for_selector(".account-title:has-text('dense.kernel[1, 2] in step 4')")
    with pytest.raises(SettingError, match="steps 0 to 19; there is no step 20"):
        notebook.show(opened_run, step=20)


def test_a_step_without_a_run_is_shown_alone(notebook_page) -> None:
    """explain.step(model, x, y): one step, its weights, units and examples."""
    rng = np.random.default_rng(1)
    model = Sequential([layers.Dense(3, "relu", input_shape=(2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    page = notebook_page(notebook.show(explain.step(model, rng.normal(size=(5, 2)), rng.normal(size=5))))
    page.wait_for_selector(".step-title:has-text('Step 0')")
    page.click(".example >> nth=2")
    page.wait_for_selector(".account-title:has-text('xample 2')")
    page.click("[data-view=gradient]")
    page.wait_for_selector("[data-view=gradient][aria-pressed=true]")


def test_two_views_of_one_cell_do_not_disturb_each_other(notebook_page, opened_run) -> None:
    """The same widget twice: each has its own step."""
    shown = notebook.show(opened_run, step=3)
    page = notebook_page(shown)
    notebook_page(shown)
    page.wait_for_selector(".step-title >> nth=1")
    page.locator(".step-title").nth(1).click()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".step-title:has-text('Step 4')")
    assert page.locator(".step-title").nth(0).inner_text().startswith("Step 3")
    page.evaluate("for (const {end} of window.widgets) end()")
    assert page.evaluate("window.widgets.map(({heard}) => Object.values(heard).flat().length)") == [0, 0]


def test_a_data_set_is_paged_by_class(notebook_page) -> None:
    """Pictures with their labels; a class alone; the other part; the numbers behind are those of the arrays."""
    data = datasets.load("mnist")
    page = notebook_page(notebook.show(data))
    page.wait_for_selector(".answer")
    assert page.locator(".answer").count() == 40
    assert page.locator(".answer").nth(3).inner_text() == str(data.y_train[3])
    page.select_option("[aria-label=Class]", "7")
    page.wait_for_selector(".answer >> nth=0 >> text=7")
    page.select_option("[aria-label=Part]", "test")
    page.wait_for_selector(f".answer[title='example {np.flatnonzero(data.y_test == 7)[0]}: 7']")
    page.click(".after")
    page.wait_for_selector(f".answer[title='example {np.flatnonzero(data.y_test == 7)[40]}: 7']")


def test_a_table_is_shown_as_rows(notebook_page, tmp_path) -> None:
    """Rows with their answers, a page at a time; beyond the end there is nothing."""
    np.savez(tmp_path / "t.npz", x_train=np.arange(60.0).reshape(20, 3), y_train=np.arange(20.0) * 1.5)
    data = datasets.load(str(tmp_path / "t.npz"))
    page = notebook_page(notebook.show(data))
    page.wait_for_selector("tbody tr >> nth=14" if len(data.y_train) >= 15 else "tbody tr")
    first = page.inner_text("tbody tr >> nth=0").split()
    assert [float(v) for v in first[1:4]] == pytest.approx(data.x_train[0].tolist())
    assert float(first[4]) == pytest.approx(float(data.y_train[0]))


def test_a_landscape_is_read_by_pointing(notebook_page) -> None:
    """A plane and a line: the loss that is read is the one that was computed."""
    model = Sequential([layers.Dense(1, use_bias=False, input_shape=(2,))])
    model.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(9, 2)), rng.normal(size=9)
    plane = landscapes.plane(model, x, y, points=7, backend="numpy")
    page = notebook_page(notebook.show(plane))
    page.focus(".heat")
    for key in ("ArrowDown", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    result = page.inner_text(".heat-tip")
    best = np.unravel_index(plane.losses.argmin(), plane.losses.shape)
    assert float(result.rsplit(" ", 1)[1]) == pytest.approx(
        plane.losses[min(best[0] + 1, 6), best[1] if best[1] < 6 else 5], rel=1e-3
    )
    line = landscapes.line(model, x, y, points=5, backend="numpy")
    notebook_page(notebook.show(line))
    box = page.locator("svg.line").bounding_box()
    page.mouse.move(box["x"] + 3, box["y"] + 60)
    assert float(page.inner_text(".line-told").rsplit(" ", 1)[1]) == pytest.approx(line.losses[0], rel=1e-3)


def test_a_digit_is_drawn_on_the_pad(notebook_page) -> None:
    """A stroke from top to bottom is a 1, with ten probabilities; the same reading is shown without a pad."""
    drawn = notebook.pad()
    page = notebook_page(drawn)
    box = page.locator(".pad").bounding_box()
    page.mouse.move(box["x"] + 150, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 148, box["y"] + 230, steps=6)
    page.mouse.up()
    page.wait_for_selector(".big:text-is('1')")
    assert page.locator(".class").count() == 10
    assert page.locator(".stages canvas").count() >= 5
    ink = np.full((60, 60), 255, np.uint8)
    ink[10:50, 28:32] = 0
    notebook_page(notebook.show(drawn.answers.reader.read(ink, True)))
    page.wait_for_selector(".big:text-is('1') >> nth=1")
    page.click(".clear")
    page.wait_for_selector(".pad-answer:has-text('Draw a digit')")


def test_a_curve_grows_while_fit_learns(notebook_page) -> None:
    """What LiveCurve hands over is drawn, whenever it comes; the figures are the last epoch's."""
    curve = notebook.LiveCurve()
    curve.widget = widget("curve")
    model = Sequential([layers.Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse", backend="numpy")
    page = notebook_page(curve.widget)
    history = model.fit(
        np.ones((8, 2)), np.ones(8), batch_size=2, epochs=3, verbose=0, callbacks=[Keeps(curve)]
    )
    page.evaluate(
        "(text) => window.widgets.at(-1).change('curve', {base64: text})",
        base64.b64encode(curve.widget.curve).decode(),
    )
    page.wait_for_selector("dd:text-is('12')")
    page.wait_for_selector("dd:text-is('finished')")
    assert float(page.inner_text("dt:text-is('loss') + dd")) == pytest.approx(
        history.history["loss"][-1], rel=1e-3
    )


def Keeps(curve):  # noqa: N802 - as a callback is called
    """The same callback with the widget that it has."""
    shown = curve.widget
    begin = curve.on_train_begin

    def on_train_begin(logs=None):
        begin(logs)
        curve.widget = shown

    curve.on_train_begin = on_train_begin
    return curve


def test_the_live_curve_changes_no_bit() -> None:
    """The weights learned are the same with and without it."""
    ends = []
    for callbacks in ([], [notebook.LiveCurve()]):
        from chainrule import utils

        utils.set_random_seed(1)
        model = Sequential([layers.Dense(3, "relu", input_shape=(2,)), layers.Dropout(0.3), layers.Dense(1)])
        model.compile("adam", "mse", backend="numpy")
        x = np.random.default_rng(0).normal(size=(50, 2))
        model.fit(x, x[:, 0], batch_size=8, epochs=3, verbose=0, callbacks=callbacks)
        ends.append(b"".join(w.tobytes() for w in model.get_weights()))
    assert ends[0] == ends[1]


@pytest.mark.parametrize(
    ("what", "settings", "words"),
    [("shadow", {}, "view"), ("step", {"step": "99"}, "0 to 20"), ("weight", {"step": "3", "layer": "dens", "index": "0,0"}, "Did you mean 'dense'"),
     ("weight", {"step": "3", "layer": "dense"}, "index="), ("step", {"step": "x"}, "cannot be answered")],
)  # fmt: skip
def test_a_wrong_question_is_answered_with_a_sentence(opened_run, what, settings, words) -> None:
    """The kernel goes on, and the view is told what there is."""
    from chainrule.notebook.answers import reply

    back, buffers = reply(
        notebook.show(opened_run).answers, {"view": "v", "number": 1, "what": what, "settings": settings}, []
    )
    assert words in back["error"]
    assert (back["view"], back["number"], buffers) == ("v", 1, [])


def test_what_has_no_view_is_said() -> None:
    """show of anything else names what has one."""
    with pytest.raises(SettingError, match="no live view of a list"):
        notebook.show([1])
