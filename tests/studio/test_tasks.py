"""Five people's tasks, with every click counted: what a person wants is never far."""

import re

import pytest
from studio_client import open_at


class Hand:
    """A person's hand: clicks, counted."""

    def __init__(self, page) -> None:
        self.page, self.clicks = page, 0

    def click(self, what) -> None:
        self.page.locator(what).first.click()
        self.clicks += 1


@pytest.fixture
def hand(page, studio):
    open_at(page, studio, "#place=learn&data=spiral&seed=77")
    page.wait_for_selector("#figure-step")
    return Hand(page)


def loss(page) -> float:
    return float(page.inner_text("#figure-loss"))


def test_somebody_watches_it_learn_on_the_spiral(hand) -> None:
    """One click: the loss falls, the plane is told apart."""
    page = hand.page
    hand.click("#play")
    page.wait_for_selector("#figure-step:not(:text-is('0'))")
    first = loss(page)
    page.wait_for_function(
        "most => Number(document.querySelector('#figure-loss').innerText) < most",
        arg=first - 0.1,
        timeout=60_000,
    )
    assert hand.clicks == 1
    hand.click("#play")


def test_somebody_finds_why_a_digit_is_wrong(hand) -> None:
    """Five clicks: digits, one step ahead in phases, the example that is answered wrongly: where its loss comes from."""
    page = hand.page
    hand.click("[data-name=mnist]")
    page.wait_for_selector(".template")
    hand.click("#in-phases")
    page.wait_for_selector(".example.wrong")
    hand.click(".example.wrong")
    page.wait_for_selector(".account-title:has-text('xample')")
    assert page.locator("#arithmetic .equation").count() > 2
    assert hand.clicks <= 5


def test_somebody_opens_the_largest_update(hand) -> None:
    """Four clicks from the link: start, pause, the step that comes next, the first of its largest updates."""
    page = hand.page
    hand.click("#play")
    page.wait_for_selector("#figure-step:not(:text-is('0'))")
    hand.click("#play")
    hand.click("#in-phases")
    page.wait_for_selector("#arithmetic td .factor")
    changes = [
        abs(float(text.replace("−", "-"))) for text in page.locator("#arithmetic td.strong").all_inner_texts()
    ]
    assert changes == sorted(changes, reverse=True)
    hand.click("#arithmetic td .factor")
    page.wait_for_selector(".account-title")
    assert hand.clicks <= 4


def test_somebody_compares_two_rates(hand) -> None:
    """Six clicks: some steps, a fork with another rate; both curves are there, named by what differs."""
    page = hand.page
    hand.click("#play")
    page.wait_for_selector("#figure-step:not(:text-is('0'))")
    hand.click("#play")
    hand.click("#in-phases")
    page.wait_for_selector("#arithmetic .factor")
    hand.click("#fork")
    page.fill("#fork-rate", "0.3")
    hand.click("#fork-now")
    page.wait_for_selector(".branches button:has-text('0.3')")
    assert page.locator(".branches button").count() == 2
    assert hand.clicks <= 6


def test_somebody_sends_a_colleague_the_exact_view(hand, browser, studio) -> None:
    """One click copies the link; in the colleague's browser the same weight of the same step has the same numbers."""
    page = hand.page
    page.evaluate(
        "location.hash = '#place=step&data=moons&net=5,4&step=12&weight=dense_1.kernel,2,3&example=1&view=gradient'"
    )
    page.wait_for_selector(".account-title:has-text('dense_1.kernel[2, 3] in step 12')")
    hand.click("#copy-link")
    page.wait_for_selector("#notice:has-text('copied')")
    link = page.evaluate("navigator.clipboard.readText()")
    assert "token" not in link
    assert hand.clicks == 1
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    other = context.new_page()
    other.goto(studio.link)
    other.wait_for_selector("#figure-step")
    other.goto(link)
    other.wait_for_selector(".account-title:has-text('dense_1.kernel[2, 3] in step 12')")
    for part in (".account-title", ".step-title"):
        assert other.inner_text(part) == page.inner_text(part)
    assert other.locator(".example[aria-pressed=true]").get_attribute("title") == page.locator(
        ".example[aria-pressed=true]"
    ).get_attribute("title")
    assert re.search(r"view=gradient", other.url)
    context.close()
