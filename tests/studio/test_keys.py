"""Every key of the list does what the list says; commands by name; letters can be turned off."""

import re
from pathlib import Path

import numpy as np
import pytest
from studio_client import open_at

from chainrule.errors import SettingError
from chainrule.studio.session import Session

HELP = (Path(__file__).parents[2] / "src/chainrule/studio/page/help.js").read_text()
WEIGHT = "weight=dense_1.kernel,2,3"


def in_step(page, studio, more="", step=40):
    open_at(page, studio, f"#place=step&data=moons&net=5,4&batch=16&seed=31&step={step}&{more}", ".example")
    page.wait_for_selector(f".step-title:has-text('Step {step} ')")


STEP_KEYS = [
    ("ArrowRight", "", ".step-title:has-text('Step 41 ')"), ("ArrowLeft", "", ".step-title:has-text('Step 39 ')"), ("Shift+ArrowRight", "", ".step-title:has-text('Step 50 ')"),
    ("Shift+ArrowLeft", "", ".step-title:has-text('Step 30 ')"), ("PageDown", "", ".step-title:has-text('Step 59 ')"), ("PageUp", "", ".step-title:has-text('Step 21 ')"),
    (" ", "", "[data-phase='1'][aria-pressed=true]"), ("3", "", "[data-phase='3'][aria-pressed=true]"), ("w", "view=gradient", "[data-view=weights][aria-pressed=true]"),
    ("g", "", "[data-view=gradient][aria-pressed=true]"), ("u", "", "[data-view=update][aria-pressed=true]"), ("a", "", "[data-view=activation][aria-pressed=true]"),
    ("e", "", "[data-view=delta][aria-pressed=true]"), ("d", "", ".stage-told:has-text('What differs from step 39')"), ("l", "", ".way .here"), ("m", "", ".mixups"),
    ("c", WEIGHT, "h3:has-text('check')"), ("f", "", "#fork-rate"),
    ("Enter", "", ".account-title"), ("Backspace", WEIGHT, "#arithmetic h2:has-text('largest updates')"), ("Backspace", "", "#play"), ("/", "", "#command"), ("?", "", "dialog kbd"),
    ("y", "", "#notice:has-text('The link')"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "more", "sign"), STEP_KEYS, ids=[f"{key} {more[:8]}" for key, more, _ in STEP_KEYS]
)
def test_a_key_in_step_does_what_the_list_says(page, studio, key, more, sign) -> None:
    """Each key leads to what it names."""
    in_step(page, studio, more)
    page.keyboard.press(key)
    page.wait_for_selector(sign)


def test_every_key_of_the_list_is_tested() -> None:
    """No key is promised in the help that the tests of this file do not press."""
    listed = set(
        " ".join(re.findall(r'^  \["([^"]+)",', HELP, re.MULTILINE) + re.findall(r'\], \["([^"]+)",', HELP))
        .replace(",", "")
        .split()
    )
    names = {"Space": " ", "←": "ArrowLeft", "→": "ArrowRight"}
    text = Path(__file__).read_text()
    missing = [key for key in listed if f'"{names.get(key, key)}"' not in text]
    assert len(listed) > 20
    assert not missing


def test_examples_are_walked_in_the_order_shown(page, studio) -> None:
    """j goes to the one that pushes most, then on; k comes back."""
    in_step(page, studio, WEIGHT)
    for key, place in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        page.wait_for_selector(f".batch li:nth-child({place + 1}) .example[aria-pressed=true]")


def test_marks_are_walked(page, studio) -> None:
    """] and [ go to the next and the previous mark: here a rate that was set by hand."""
    open_at(page, studio, "#place=step&data=gauss&net=3&seed=32&rates=12:0.3&step=20", ".example")
    page.keyboard.press("[")
    page.wait_for_selector(".step-title:has-text('Step 12 ')")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(".step-title:has-text('Step 11 ')")
    page.keyboard.press("]")
    page.wait_for_selector(".step-title:has-text('Step 12 ')")


LEARN_KEYS = [
    ("ArrowRight", "#figure-step:text-is('31')"), ("ArrowLeft", "#figure-step:text-is('29')"), ("Shift+ArrowRight", "#figure-step:text-is('40')"), ("Shift+ArrowLeft", "#figure-step:text-is('20')"),
    ("PageDown", "#figure-step:text-is('49')"), ("PageUp", "#figure-step:text-is('11')"), (" ", "#play:has-text('Pause')"), ("Enter", ".example"), ("r", ".branches button >> nth=1"),
    ("2", ".example"), ("3", ".open-run"), ("4", ".pad"), ("1", "#play"),
]  # fmt: skip


def test_keys_in_learn(page, studio) -> None:
    """Steps, epochs, start and pause, the next step, restart, the places."""
    for k, (key, sign) in enumerate(LEARN_KEYS):
        seed = 4000 + k
        session = studio.begin(
            data="xor",
            units=[4],
            activation="tanh",
            optimizer="adam",
            learning_rate=0.03,
            batch_size=16,
            noise=0.03,
            seed=seed,
        )
        studio.ask("POST", f"/api/sessions/{session}/do/step", {"steps": 30})
        open_at(page, studio, f"#place=learn&data=xor&net=4&seed={seed}", "#figure-step:text-is('30')")
        page.keyboard.press(key)
        page.wait_for_selector(sign)
        studio.ask("POST", f"/api/sessions/{session}/do/pause", {})
    page.said.clear()  # sessions that nobody uses are closed when there are many


def test_commands_by_name(page, studio) -> None:
    """/ lists them; typing narrows; arrows choose; Enter does it; Escape leaves; nothing found is said."""
    in_step(page, studio)
    page.keyboard.press("/")
    page.keyboard.type("next st")
    page.wait_for_selector("#command-0:has-text('Next step')")
    page.keyboard.press("Enter")
    page.wait_for_selector(".step-title:has-text('Step 41 ')")
    page.keyboard.press("/")
    page.keyboard.type("zebra")
    page.wait_for_selector(".commands:has-text('No command')")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("/")
    page.keyboard.type("go to")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".open-run")
    page.click("[data-place=learn]")
    page.wait_for_selector("#play")
    page.keyboard.press("/")
    page.keyboard.type("two valleys")
    page.keyboard.press("Enter")
    page.wait_for_selector(".surface canvas[aria-label*='the network is at']")


def test_letters_can_be_turned_off(page, studio) -> None:
    """With the box in the list of keys off no letter, digit or sign acts, also after a reload; the arrows do."""
    in_step(page, studio)
    page.keyboard.press("?")
    page.uncheck("#letters")
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector(".example")
    for key in ("g", "/", "f"):
        page.keyboard.press(key)
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".step-title:has-text('Step 41 ')")
    assert page.locator("dialog").count() == 0
    assert page.locator("[data-view=weights][aria-pressed=true]").count() == 1
    page.keyboard.press("?")
    page.check("#letters")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("g")
    page.wait_for_selector("[data-view=gradient][aria-pressed=true]")


def test_marks_of_a_run_lead_to_their_step(page, studio) -> None:
    """Runs lists the steps worth a look; choosing one opens that step of that run."""
    open_at(page, studio, "#place=runs", ".open-run")
    page.wait_for_selector(".findings > *:not(.soft)")
    page.wait_for_selector("#marks .mark")
    marks = page.locator("#marks .mark")
    number = int(re.search(r"step ([\d,]+)", marks.first.inner_text())[1].replace(",", ""))
    marks.first.click()
    page.wait_for_selector(f".step-title:has-text('Step {number:,} ')")
    assert "run=" in page.url


def test_the_difference_is_what_was_learned_between(tmp_path) -> None:
    """To the step before it is that step's update; in a fork it is to the branch it left; the first step has none."""
    session = Session.of_lesson({"data": "moons", "units": [5], "batch_size": 16, "learning_rate": 0.03})
    session.live().advance(20)
    ask = {"layer": "dense", "weight": "kernel"}

    def kernel(branch, step):
        return session.see("map", ask | {"step": str(step), "branch": str(branch), "view": "weights"})[1][
            "values"
        ]

    header, found = session.see("map", ask | {"step": "9", "view": "difference"})
    assert header["against"] == "step 8"
    assert np.array_equal(found["values"], kernel(0, 9) - kernel(0, 8))
    session.do("fork", {"step": 10, "learning_rate": 0.3})
    session.do("step", {"steps": 5})
    header, found = session.see("map", ask | {"step": "14", "branch": "1", "view": "difference"})
    assert "branch it left" in header["against"]
    assert np.array_equal(found["values"], kernel(1, 14) - kernel(0, 14))
    assert np.abs(found["values"]).max() > 0
    with pytest.raises(SettingError, match="first of its branch"):
        session.see("map", ask | {"step": "0", "branch": "0", "view": "difference"})
