"""Pictures of every place of the studio, to be looked at: `python benchmarks/studio_screens.py FOLDER`.

At 390, 1,280 and 1,600 pixels, and in the dark. Says where a page is wider than its window, and what its console said.
widths.png has the four places at the three widths side by side, as docs/studio.md shows them.
--runs-dir: a folder with a run or more.  Needs the extra `studio`, playwright, and Debian's chromium.
"""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

WIDTHS = (390, 1280, 1600)
FOUR = ("learn", "weight", "runs", "use")


def main() -> None:
    """Takes the pictures."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("folder", type=Path)
    words.add_argument("--runs-dir", default="runs")
    words.add_argument("--only", default="", help="a part of the picture's name")
    asked = words.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "chainrule", "studio", "--no-open", "--runs-dir", asked.runs_dir]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as studio:
        link = re.search(r"http\S+", studio.stdout.readline())[0]
        try:
            take(link, asked.folder, asked.only)
            if not asked.only:
                side_by_side(asked.folder)
        finally:
            studio.terminate()


def take(link: str, folder: Path, only: str) -> None:
    """Opens a browser and goes through the places."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for width, scheme in [*((width, "light") for width in WIDTHS), (1280, "dark")]:
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
            context.set_default_timeout(120_000)
            page = context.new_page()
            page.on("console", lambda message: print("console:", message.text))
            page.on("pageerror", lambda problem: print("error:", problem))
            page.goto(link)
            for name, act in PLACES.items():
                act(page)
                if only in f"{name}-{width}-{scheme}":
                    page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
                wide = page.evaluate("document.documentElement.scrollWidth")
                if wide > width:
                    print(f"{name} at {width}: {wide} pixels wide")
            context.close()
        browser.close()


def side_by_side(folder: Path, share: float = 0.34, gap: int = 14, highest: int = 1300) -> None:
    """The four places, a row each, as wide as they were in proportion; long pages are cut off below."""
    from PIL import Image

    rows = [
        [Image.open(folder / f"{name}-{width}-light.png").convert("RGB") for width in WIDTHS] for name in FOUR
    ]
    rows = [
        [picture.crop((0, 0, picture.width, min(picture.height, highest))) for picture in row] for row in rows
    ]
    rows = [[picture.resize((round(picture.width * share), round(picture.height * share)), Image.Resampling.LANCZOS)
             for picture in row] for row in rows]  # fmt: skip
    heights = [max(picture.height for picture in row) for row in rows]
    width = sum(picture.width for picture in rows[0]) + gap * (len(WIDTHS) + 1)
    sheet = Image.new("RGB", (width, sum(heights) + gap * (len(rows) + 1)), "#d9dde3")
    top = gap
    for row, height in zip(rows, heights, strict=True):
        left = gap
        for picture in row:
            sheet.paste(picture, (left, top))
            left += picture.width + gap
        top += height + gap
    sheet.quantize(128).save(folder / "widths.png", optimize=True)


def learn(page: object) -> None:
    """A spiral that has been learned for some seconds."""
    page.wait_for_selector("#play")
    page.click("#play")
    page.wait_for_timeout(2500)
    page.click("#play")
    page.wait_for_timeout(400)


def weight(page: object) -> None:
    """The arithmetic of a weight."""
    page.locator(".weight-target").nth(9).dispatch_event("click")
    page.wait_for_selector(".account-title")
    page.wait_for_timeout(500)


def phase(page: object) -> None:
    """The backward phase of the step."""
    page.click("[data-phase='3']")
    page.wait_for_timeout(500)


def digits(page: object) -> None:
    """Digits that are being learned."""
    page.click("[data-place=learn]")
    page.click("[data-name=mnist]")
    page.wait_for_selector(".template")
    page.click("#play")
    page.wait_for_timeout(2500)
    page.click("#play")
    page.wait_for_timeout(300)


def digits_step(page: object) -> None:
    """A step on digits, its largest update opened."""
    page.click("[data-place=step]")
    page.wait_for_selector("#arithmetic .factor")
    page.click("#arithmetic .factor >> nth=0")
    page.wait_for_selector(".account-title")
    page.wait_for_timeout(500)


def runs(page: object) -> None:
    """Recorded runs."""
    page.click("[data-place=runs]")
    page.wait_for_selector(".findings .finding, .findings p:not(.soft)")


def mixups(page: object) -> None:
    """What the newest run's network takes for what, and the pictures behind one number."""
    page.click("[data-view=confusion]")
    page.wait_for_selector(".mixups .count:not(.soft)")
    page.locator(".mixups .count:not(.soft)").first.click()
    page.wait_for_selector(".behind .example")


def landscape(page: object) -> None:
    """The loss around its way."""
    page.click(".stage [data-view=landscape]")
    page.wait_for_selector(".way .here")


def use(page: object) -> None:
    """A digit that was drawn."""
    page.click("[data-place=use]")
    page.click("#sample")
    page.wait_for_timeout(1500)


PLACES = {
    "learn": learn, "weight": weight, "phase": phase, "digits": digits, "digits-step": digits_step, "runs": runs, "mixups": mixups, "landscape": landscape, "use": use,
}  # fmt: skip

if __name__ == "__main__":
    main()
