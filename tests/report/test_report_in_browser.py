"""Reports in a real browser: light and dark, narrow and on paper, with scripts and without."""

import shutil

import pytest

api = pytest.importorskip(
    "playwright.sync_api", reason="PLAYWRIGHT IS NOT INSTALLED: no report was opened in a browser"
)
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="THERE IS NO CHROMIUM: no report was opened in a browser"
)
KINDS = ("bars", "img", "houses")


@pytest.fixture(scope="module")
def browser():
    """Chromium, without a window."""
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, pages, tmp_path):
    """opened("bars", color_scheme="dark"): the page of that run, in a window of its own; `page.troubles` lists what must not happen."""
    contexts = []

    def open_page(kind: str, width: int = 1280, scripts: bool = True, **look):
        path = tmp_path / f"{kind}.html"
        path.write_text(pages[kind].html, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 800}, java_script_enabled=scripts, **look
        )
        contexts.append(context)
        page = context.new_page()
        page.troubles = []
        page.on("console", lambda message: page.troubles.append(f"console: {message.text}"))
        page.on("pageerror", lambda problem: page.troubles.append(f"error: {problem}"))
        page.on(
            "dialog", lambda dialog: (page.troubles.append(f"dialog: {dialog.message}"), dialog.dismiss())
        )
        page.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith(("data:", path.as_uri()))
                else page.troubles.append(f"request: {asked.url}")
            ),
        )
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    ("kind", "scheme"), [("bars", "light"), ("bars", "dark"), ("img", "light"), ("houses", "dark")]
)
def test_no_errors_and_nothing_from_outside(opened, kind, scheme) -> None:
    """The console stays empty, nothing is asked for beside the page itself, no script of a user's runs."""
    page = opened(kind, color_scheme=scheme)
    page.locator("nav a").last.click()
    page.wait_for_load_state("load")
    assert page.troubles == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_cell_opens_its_pictures(opened, scripts) -> None:
    """At first the most frequent mistake is open; a chosen cell takes its place; with scripts and without."""
    page = opened("bars", scripts=scripts)
    assert page.locator(".panel:visible").count() == 1
    assert page.locator(".panel.first").is_visible()
    for cell in page.locator(".matrix a").all()[:4]:
        cell.click()
        panel = page.locator(cell.get_attribute("href"))
        assert panel.is_visible()
        assert page.locator(".panel:visible").count() == 1
        shown = panel.locator(".picture").first
        assert shown.bounding_box()["width"] == 56
        assert (
            "data:image/png" in shown.evaluate("e => getComputedStyle(e).backgroundImage")
            if scripts
            else True
        )
    assert page.troubles == []


def test_a_chosen_cell_is_marked_and_the_page_does_not_jump(opened) -> None:
    """With scripts the matrix stays in sight, and says which of its cells is open."""
    page = opened("bars", width=1280)
    cell = page.locator(".matrix a").nth(2)
    cell.scroll_into_view_if_needed()
    cell.click()
    assert cell.get_attribute("aria-current") == "true"
    assert page.locator(".matrix a[aria-current]").count() == 1
    box = page.locator(".matrix").bounding_box()
    assert -box["height"] < box["y"] < 800
    assert page.evaluate("location.hash") == cell.get_attribute("href")


def test_the_matrix_by_keyboard(opened) -> None:
    """Tab reaches a way past the contents and the cells, arrow keys go from cell to cell, Enter opens."""
    page = opened("bars")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator(".matrix .hit a").first.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    first = page.evaluate("document.activeElement.hash")
    assert first.startswith("#cell-")
    page.keyboard.press("Enter")
    assert page.locator(first).is_visible()


@pytest.mark.parametrize(("kind", "width"), [(kind, 380) for kind in KINDS] + [("bars", 768)])
def test_nothing_hangs_over_on_a_phone(opened, kind, width) -> None:
    """What is wide scrolls by itself; the page does not."""
    page = opened(kind, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") == width


CONTRAST = """(places) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const paint = (colours) => {                       // colours above each other, as the eye sees them
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
  return places.flatMap((place) => [...document.querySelectorAll(place)].map((e) => {
    const grounds = [];
    for (let up = e; up; up = up.parentElement) grounds.unshift(getComputedStyle(up).backgroundColor);
    const style = getComputedStyle(e);
    const [ground, text] = [paint(grounds), paint([...grounds, e instanceof SVGElement ? style.fill : style.color])].map((c) => light([...c]));
    return [place, (Math.max(ground, text) + 0.05) / (Math.min(ground, text) + 0.05)];
  }));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out(opened, scheme) -> None:
    """Text, captions, links, numbers on coloured cells and the words of figures: at least 4.5 to 1 against their ground."""
    page = opened("bars", color_scheme=scheme)
    places = ["h1", "p", ".kicker", "figcaption", "nav a", ".back a", ".tiles dt", "th", "td", ".matrix a", ".wrong-word", ".value", "svg text", "pre code",
              ".chainrule-trace div"]  # fmt: skip
    found = page.evaluate(CONTRAST, places)
    assert {place for place, _ in found} == set(places)
    weak = [(place, round(ratio, 2)) for place, ratio in found if ratio < 4.5]
    assert weak == []


def test_the_dark_page_is_dark(opened) -> None:
    """By the reader's own setting."""
    grounds = [
        opened("bars", color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    light, dark = (sum(map(int, ground[4:-1].split(","))) for ground in grounds)
    assert light > 700
    assert dark < 120


def test_on_paper(opened) -> None:
    """Black on white also for who reads in the dark; no contents to click, nothing folded, pictures printed."""
    page = opened("bars", color_scheme="dark")
    page.evaluate("document.querySelector('details').open = false")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert not page.locator("nav").is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.picture')).printColorAdjust") == "exact"
    printed = page.pdf(format="A4")
    assert printed.startswith(b"%PDF")
    assert printed.count(b"/Type /Page\n") > 3
    assert page.evaluate("document.querySelector('details').open")
    assert page.troubles == []
