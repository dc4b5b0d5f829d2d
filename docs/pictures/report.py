"""Makes the picture of docs/report.md: `python docs/pictures/report.py [RUN]` needs Chromium and, without a run, a minute.

RUN: the folder of a recorded run; left out, the classic network is trained for its ten epochs.
"""

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from chainrule import arrays, datasets, report
from chainrule.recording import resume
from chainrule.runs import Run
from chainrule.training import recipes

HERE = Path(__file__).parent
LARGEST = 150_000  # bytes
GAP = 48  # pixels around each part


def trained(folder: Path) -> Run:
    """A run of the classic job."""
    arrays.set_seed(1)
    job = resume.new(datasets.load("mnist"), recipes.recipe("classic"), "mnist", {}, 1, runs_dir=folder)
    job.learn()
    return Run(job.record.folder)  # type: ignore[union-attr]


def shots(browser: Browser, page: Path, scheme: str, parts: list[str]) -> list[Image.Image]:
    """Parts of the page as a reader sees them."""
    window = browser.new_page(viewport={"width": 960, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    window.goto(page.as_uri())
    return [Image.open(io.BytesIO(window.locator(part).screenshot())).convert("RGB") for part in parts]


def beside(columns: list[list[Image.Image]]) -> Image.Image:
    """Columns of pictures, each on its own ground, cut to the height of the shorter one."""
    widths = [max(part.width for part in column) + 2 * GAP for column in columns]
    high = min(sum(part.height for part in column) + 2 * GAP for column in columns)
    whole, left = Image.new("RGB", (sum(widths), high)), 0
    for column, wide in zip(columns, widths, strict=True):
        whole.paste(column[0].getpixel((0, 10)), (left, 0, left + wide, high))  # type: ignore[arg-type]
        top = GAP
        for part in column:
            whole.paste(
                part.crop((0, 0, part.width, min(part.height, max(0, high - top)))), (left + GAP, top)
            )
            top += part.height
        left += wide
    return whole


def main(run: Run, folder: Path) -> None:
    """Writes the picture."""
    page = folder / "report.html"
    report.write(run, page)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        columns = [
            shots(browser, page, "light", ["header", "#confusion"]),
            shots(browser, page, "dark", ["#mistakes", "#sizes"]),
        ]
        browser.close()
    whole = beside(columns)
    whole = whole.resize((whole.width * 2 // 3, whole.height * 2 // 3), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    whole.quantize(128, method=Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE).save(
        file, "PNG", optimize=True
    )
    if len(file.getvalue()) > LARGEST:
        sys.exit(f"report.png would have {len(file.getvalue()):,} bytes; {LARGEST:,} are the most.")
    (HERE / "report.png").write_bytes(file.getvalue())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        main(Run(sys.argv[1]) if len(sys.argv) > 1 else trained(Path(made)), Path(made))
