"""The server's page, in a browser: what is drawn is read, stage by stage, and nothing is loaded from elsewhere."""

import shutil

from playwright.sync_api import expect, sync_playwright


def test_a_drawing_is_read(server) -> None:
    """A stroke is a one; every stage is shown; Clear takes all away; no error, no request to another host."""
    wrong = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page()
        page.on("pageerror", lambda problem: wrong.append(str(problem)))
        page.on("console", lambda line: wrong.append(line.text))
        page.on(
            "request",
            lambda request: request.url.startswith((server.url, "data:")) or wrong.append(request.url),
        )
        page.goto(server.url)
        box = page.locator("#pad").bounding_box()
        page.mouse.move(box["x"] + 150, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + 140, box["y"] + 230, steps=8)
        page.mouse.up()
        expect(page.locator("#answer")).to_have_text("1", timeout=15_000)
        assert page.locator("#stages figure").count() >= 5
        page.click("#clear")
        expect(page.locator("#answer")).to_have_text("")
        assert page.locator("#stages figure").count() == 0
        browser.close()
    assert [line for line in wrong if "favicon" not in line] == []
