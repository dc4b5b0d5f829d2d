"""The places in a real browser: what a person does, counted in clicks; keys; links; what goes wrong."""

import re

import pytest
from studio_client import open_at

TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def step_number(page) -> int:
    return int(page.inner_text(".step-title").split()[1].replace(",", ""))


def figure(page, name) -> str:
    return page.inner_text(f"#figure-{name}")


def test_a_network_learns_after_one_click_and_a_weight_is_open_after_three(page, studio) -> None:
    """From the link: Start, Pause, a line between two units: its whole arithmetic."""
    open_at(page, studio, "#place=learn&data=moons")
    page.wait_for_selector("#figure-step")
    page.click("#play")
    page.wait_for_selector("#play:has-text('Pause')")
    page.wait_for_selector("#figure-step:not(:text-is('0'))")
    page.click("#play")
    page.locator(".weight-target").nth(9).dispatch_event("click")
    page.wait_for_selector(".account-title:has-text('dense.kernel[1, 4]')")
    assert "place=step" in page.url
    assert page.locator(".equation").count() > 5
    assert page.locator(".equation .factor").count() > 5


def test_the_controls_of_learn_act(page, studio) -> None:
    """Step, back, a rate, another optimizer, another network, restart: each does what it says, and old curves stay."""
    open_at(page, studio, "#place=learn&data=circles&net=4")
    page.wait_for_selector("#figure-step")
    for _ in range(3):
        page.click("#one-step")
    page.wait_for_selector("#figure-step:text-is('3')")
    page.click("#back-step")
    page.wait_for_selector("#figure-step:text-is('2')")
    page.select_option("#rate", "0.3")
    page.wait_for_selector("#figure-rate:text-is('0.3')")
    page.fill("#scalar-beta_1", "0.5")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("sets=2:beta_1:0.5"))
    page.select_option("#optimizer", "sgd")
    page.wait_for_selector(".branches button:has-text('fork at 2')")
    assert page.locator("#scalar-beta_1").count() == 0
    page.click("#more-layers")
    page.wait_for_selector(".branches button:has-text('units')")
    assert page.locator(".branches button").count() == 3
    page.click("#restart")
    page.wait_for_selector(".branches button >> nth=3")
    page.reload()
    page.wait_for_selector(".branches button >> nth=3")
    assert page.locator(".net-head").count() == 4


def test_walking_through_a_step(page, studio) -> None:
    """Forward, loss, backward, update, and on to the next step; the step is taken when it had not been."""
    open_at(page, studio, "#place=learn&data=xor&net=3")
    page.wait_for_selector("#figure-step")
    page.click("#in-phases")
    page.wait_for_selector("#next-phase")
    for phase in range(2, 5):
        page.click("#next-phase")
        page.wait_for_selector(f"[data-phase='{phase}'][aria-pressed=true]")
    assert page.inner_text("#next-phase") == "Take it"
    page.click("#next-phase")
    page.wait_for_selector(".step-title:has-text('Step 1')")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(".step-title:has-text('Step 0')")
    page.keyboard.press("g")
    page.wait_for_selector("[data-view=gradient][aria-pressed=true]")
    page.keyboard.press("Backspace")
    page.wait_for_selector("#play")


def test_links_in_the_arithmetic_open_what_they_name(page, studio) -> None:
    """A weight's factor opens that weight, a unit's its account; Back returns; Check adds the measured derivative."""
    open_at(page, studio, "#place=step&data=moons&net=5,4&step=12&weight=dense_1.kernel,2,3")
    page.wait_for_selector(".account-title:has-text('dense_1.kernel[2, 3] in step 12')")
    page.click(".equation .factor:has-text('W₃') >> nth=0")
    page.wait_for_selector(".account-title:has-text('dense_2.kernel')")
    page.go_back()
    page.wait_for_selector(".account-title:has-text('dense_1.kernel[2, 3]')")
    page.keyboard.press("c")
    page.wait_for_selector("h3:has-text('check')")
    page.click(".equation .factor:has-text('a₁[2]') >> nth=0")
    page.wait_for_selector(".account-title:has-text('Unit 2 of dense')")
    page.click(".example >> nth=1")
    page.wait_for_selector(".example[aria-pressed=true]")


def test_a_link_shows_the_same_numbers_elsewhere(page, studio, browser) -> None:
    """The address alone, in another browser and a fresh session, gives the same account, also after a rate and a beta set by hand."""
    open_at(page, studio, "#place=learn&data=gauss&net=3&seed=5")
    page.wait_for_selector("#figure-step")
    for _ in range(4):
        page.click("#one-step")
    page.wait_for_selector("#figure-step:text-is('4')")
    page.select_option("#rate", "0.1")
    page.wait_for_selector("#figure-rate:text-is('0.1')")
    page.fill("#scalar-beta_2", "0.5")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("sets=4:beta_2:0.5"))
    for _ in range(4):
        page.click("#one-step")
    page.wait_for_selector("#figure-step:text-is('8')")
    page.locator(".weight-target").nth(1).dispatch_event("click")
    page.wait_for_selector(".account-title")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(".step-title:has-text('Step 7')")
    link, result = page.url, page.inner_text("#arithmetic")
    for session in studio.ask("GET", "/api/sessions")[1]["sessions"]:
        if session["settings"].get("data") == "gauss":
            studio.ask("DELETE", f"/api/sessions/{session['id']}")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    other = context.new_page()
    open_at(other, studio)
    other.goto(link)
    other.reload()
    other.wait_for_selector(".account-title")

    def same(text):
        return [line for line in text.splitlines() if "raining" not in line]

    assert same(other.inner_text("#arithmetic"))[:20] == same(result)[:20]
    context.close()
    page.said.clear()  # the closed session was told to the page that had it


def test_a_fork_keeps_both_curves(page, studio) -> None:
    """Fork here, another rate: both are named, and either can be gone to."""
    open_at(page, studio, "#place=step&data=moons&net=4&seed=9&step=30")
    page.wait_for_selector("#arithmetic .factor")
    page.keyboard.press("f")
    page.fill("#fork-rate", "0.5")
    page.fill("#fork-steps", "40")
    page.click("#fork-now")
    page.wait_for_selector(".branches button:has-text('0.5')")
    assert page.locator(".branches button").count() == 2
    assert step_number(page) == 30
    page.click(".branches button >> nth=0")
    page.wait_for_selector(".branches button[aria-pressed=true]:has-text('first')")


def test_a_digit_is_drawn_and_read(page, studio) -> None:
    """Drawn with the pointer: an answer, the stages, ten classes; the input can be painted on; a unit says why."""
    open_at(page, studio, "#place=use")
    page.wait_for_selector(".pad")
    box = page.locator(".pad").bounding_box()
    page.mouse.move(box["x"] + 140, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 138, box["y"] + 220, steps=8)
    page.mouse.up()
    page.wait_for_selector(".big:text-is('1')")
    assert page.locator(".stages canvas").count() >= 5
    assert page.locator(".class").count() == 10
    page.click(".class >> nth=7")
    page.wait_for_selector(".use-unit h3:has-text('Unit 7')")
    before = page.inner_text(".classes")
    paint = page.locator(".paint")
    paint.scroll_into_view_if_needed()
    box = paint.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 180, box["y"] + 40, steps=6)
    page.mouse.up()
    page.wait_for_function("before => document.querySelector('.classes').innerText !== before", arg=before)
    page.locator(".use-layers .strip-box.open").first.click(position={"x": 5, "y": 5})
    page.click("#switch-unit")
    page.wait_for_selector("#without:has-text('1 off')")
    page.click("#clear")
    page.wait_for_selector(".use-answer:has-text('Draw a digit')")


def test_a_file_that_cannot_be_read_says_why(page, studio) -> None:
    """A text in place of a photo, an empty file: a sentence, and the studio goes on."""
    open_at(page, studio, "#place=use")
    page.wait_for_selector(".pad")
    for content in (b"not a picture at all", b"", b"\x89PNG\r\n\x1a\n" + b"\0" * 40):
        page.set_input_files("#photo", {"name": "a.png", "mimeType": "image/png", "buffer": content})
        page.wait_for_selector(".use-answer .problem")
        assert len(page.inner_text(".use-answer .problem")) > 15
    page.click("#sample")
    page.wait_for_selector(".big")
    page.said.clear()  # a browser notes every 400 in its console


def test_runs_are_listed_and_opened(page, studio) -> None:
    """The recorded run: its curve, what is wrong with it, and any step of it with a fork."""
    open_at(page, studio, "#place=runs")
    page.wait_for_selector(".open-run")
    page.wait_for_selector(".findings > *:not(.soft)")
    page.click(".open-run")
    page.wait_for_selector("#arithmetic .factor")
    page.fill("#goto", "13")
    page.keyboard.press("Enter")
    page.wait_for_selector(".step-title:has-text('Step 13')")
    page.click("#arithmetic .factor >> nth=0")
    page.wait_for_selector(".account-title")
    assert page.locator(".told:has-text('Training')").count() or "raining" in page.inner_text("#arithmetic")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("#place=step&data=moons&net=4&step=3&weight=dense.kernel,90,1", "shape"), ("#place=step&data=moons&net=4&step=3&weight=nobody.kernel,0,1", "There is no layer"),
        ("#place=step&run=no-such-run&step=1", "There is no run"), ("#place=learn&data=spirale", "spirale"), ("#place=learn&data=moons&act=rellu", "Did you mean 'relu'"),
        ("#place=learn&data=moons&net=0", "from 1 to"), ("#place=step&data=moons&net=4&step=3&branch=7", "branch 7"),
    ],
)  # fmt: skip
def test_an_address_that_leads_nowhere_says_what_there_is(page, studio, address, words) -> None:
    """A step, weight, run, data set or setting that does not exist: one sentence, and the other places still work."""
    open_at(page, studio, address)
    page.wait_for_selector(f'#notice:has-text("{words}")')
    page.click("[data-place=use]")
    page.wait_for_selector(".pad")
    page.said.clear()


def test_keys_and_help(page, studio) -> None:
    """? lists the keys, Escape closes and gives the focus back; digits change the place; a field keeps its letters."""
    open_at(page, studio, "#place=learn&data=moons")
    page.wait_for_selector("#figure-step")
    page.keyboard.press("?")
    page.wait_for_selector("dialog kbd")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("4")
    page.wait_for_selector(".pad")
    page.keyboard.press("1")
    page.wait_for_selector("#seed")
    page.focus("#seed")
    page.keyboard.press("4")
    assert page.locator("#seed").count() == 1
    page.keyboard.press("Escape")


@pytest.mark.parametrize("name", ["weight", "rate"])
def test_a_tour_points_at_live_controls(page, studio, name) -> None:
    """Every stop finds what it points at, and nothing is blocked on the way."""
    open_at(page, studio, "#place=learn&data=moons&net=4")
    page.wait_for_selector("#figure-step")
    page.click("#tours")
    page.click(f"[data-tour={name}]")
    page.wait_for_selector(".toured")
    page.click("#one-step")
    stops = int(re.search(r"of (\d+)", page.inner_text(".tour"))[1])
    for _ in range(stops - 1):
        page.click(".tour-next")
        page.wait_for_selector(".toured")
    page.click(".tour-next")
    page.wait_for_selector(".tour", state="detached")


@pytest.mark.parametrize("width", [390, 1280, 1600])
def test_nothing_is_wider_than_the_window(page, studio, width) -> None:
    """At 390, 1,280 and 1,600 pixels no place scrolls sideways."""
    page.set_viewport_size({"width": width, "height": 900})
    open_at(page, studio, "#place=learn&data=moons&net=6,6")
    for place, sign in (
        ("learn", "#figure-step"),
        ("step", "#arithmetic .factor"),
        ("runs", ".open-run"),
        ("use", ".pad"),
    ):
        page.click(f"[data-place={place}]")
        page.wait_for_selector(sign)
        if place == "step":
            table = page.locator("#arithmetic .scroll")
            assert table.evaluate("(it) => it.scrollWidth <= it.clientWidth"), (
                "the largest updates are cut off"
            )
            page.click("#arithmetic .factor >> nth=0")
            page.wait_for_selector(".account-title")
        page.evaluate(TWO_FRAMES)  # what has arrived is laid out
        assert page.evaluate("document.documentElement.scrollWidth") <= width, place


def test_a_name_is_never_markup(page, studio, runs_dir) -> None:
    """A run, a filter and an address with markup in their names are shown as text."""
    open_at(page, studio, "#place=runs&with=<img src=x onerror=alert(1)>")
    page.wait_for_selector(".open-run")
    page.fill("#filter", "<script>alert(1)</script>")
    assert page.locator("main img").count() == 0
    page.said.clear()


def test_two_pages_watch_one_session(page, studio) -> None:
    """A second page finds the session by its settings, and both show the same step."""
    open_at(page, studio, "#place=learn&data=xor&net=5&seed=11")
    page.wait_for_selector("#figure-step")
    second = page.context.new_page()
    second.goto(page.url)
    second.wait_for_selector("#figure-step")
    page.click("#one-step")
    for one in (page, second):
        one.wait_for_selector("#figure-step:text-is('1')")
    second.click("#one-step")
    page.wait_for_selector("#figure-step:text-is('2')")


def test_a_model_file_is_opened_for_drawing(browser, runs_dir) -> None:
    """`chainrule studio FILE.keras` opens Use with that network."""
    from studio_client import running

    from chainrule import pretrained

    with running(str(pretrained.digits()), "--runs-dir", str(runs_dir)) as studio:
        page = browser.new_page()
        page.goto(studio.link)
        page.wait_for_selector("#sample")
        page.click("#sample")
        page.wait_for_selector(".big:text-is('3')", timeout=60_000)
        assert "digits.keras" in page.inner_text("#use-model")
        page.close()
