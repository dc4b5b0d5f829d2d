"""axe-core finds nothing to object to, in any place, in light and dark, also in dialogs, tours and after a mistake."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from studio_client import open_at


def learn(page) -> None:
    page.wait_for_selector("#figure-step")
    page.click("#one-step")
    page.wait_for_selector("#figure-step:not(:text-is('0'))")


def learn_digits(page) -> None:
    page.click("[data-name=mnist]")
    page.wait_for_selector(".template")
    page.wait_for_selector(".answer")


def weight(page) -> None:
    page.wait_for_selector("#figure-step")
    page.click("#in-phases")
    page.click("#arithmetic .factor >> nth=0")
    page.wait_for_selector(".account-title")


def fork(page) -> None:
    page.wait_for_selector("#figure-step")
    page.click("#in-phases")
    page.wait_for_selector("#arithmetic .factor")
    page.click("#fork")
    page.wait_for_selector("#fork-now")


def runs(page) -> None:
    page.click("[data-place=runs]")
    page.wait_for_selector(".findings > *:not(.soft)")


def use(page) -> None:
    page.click("[data-place=use]")
    page.click("#sample")
    page.wait_for_selector(".big")


def keys(page) -> None:
    page.keyboard.press("?")
    page.wait_for_selector("dialog kbd")


def tour(page) -> None:
    page.wait_for_selector("#figure-step")
    page.click("#tours")
    page.click("[data-tour=weight]")
    page.wait_for_selector(".toured")


def mistake(page) -> None:
    page.evaluate("location.hash = '#place=step&data=moons&net=4&step=3&weight=nobody.kernel,0,1'")
    page.wait_for_selector("#notice:has-text('There is no layer')")
    page.said.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", [learn, learn_digits, weight, fork, runs, use, keys, tour, mistake])
def test_nothing_stands_in_anybodys_way(page, studio, place, scheme) -> None:
    """No rule of axe-core is broken."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    open_at(page, studio, "#place=learn&data=moons&net=4")
    page.wait_for_selector("#figure-step")
    place(page)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    if place is mistake:
        page.said.clear()
