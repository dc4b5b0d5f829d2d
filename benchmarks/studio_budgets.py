"""The studio's budgets, measured: `python benchmarks/studio_budgets.py`. Times in milliseconds, the median and the 95th of 100.

Needs the extra `studio`, playwright, and Debian's chromium. On a machine that is busy with other work times are upper bounds; what
ends in `_cpu_ms` is processor time, of the page's main thread alone or with the studio's processes, and hardly depends on it.
"""

import gzip
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

PAGE = Path(__file__).parents[1] / "src/chainrule/studio/page"
PAINT = "performance.getEntriesByName('first-contentful-paint')"
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measures and prints them, one a line, and as JSON at the end."""
    found = {
        "javascript_gzip_kB": round(
            sum(len(gzip.compress(p.read_bytes(), 9)) for p in PAGE.glob("*.js")) / 1000, 1
        )
    }
    began = time.perf_counter()
    command = [sys.executable, "-m", "chainrule", "studio", "--no-open", *sys.argv[1:]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as studio:
        try:
            link = re.search(r"http\S+", studio.stdout.readline())[0]
            found["process_start_to_link_ms"] = ms(began)
            found |= in_browser(link, began, studio.pid)
        finally:
            studio.terminate()
    found["one_subscriber_share_of_cpu"] = subscriber()
    found["load_when_measured"] = round(os.getloadavg()[0], 1)
    for name, value in found.items():
        print(f"{name:36} {value}")
    print(json.dumps(found))


def ms(began: float) -> float:
    """Milliseconds since."""
    return round(1000 * (time.perf_counter() - began), 1)


def in_browser(link: str, began: float, pid: int) -> dict[str, object]:
    """What a person waits for."""
    from playwright.sync_api import sync_playwright

    found: dict[str, object] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        cdp = page.context.new_cdp_session(page)
        cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
        frames: list[object] = []
        page.on("websocket", lambda socket: socket.on("framereceived", frames.append))
        opened = time.perf_counter()
        page.goto(link)
        page.wait_for_selector("#figure-step")
        found["link_to_first_numbers_ms"] = ms(opened)
        found["first_paint_ms"] = first_paint(page)
        again = page.context.new_page()  # in a browser that is open already, and has the cookie
        again.goto(link.split("?", maxsplit=1)[0])
        again.wait_for_selector("#figure-step")
        found["first_paint_again_ms"] = first_paint(again)
        again.close()
        found["start_to_first_numbers_cpu_ms"] = round(1000 * (cpu(pid) + busy(cdp)), 1)
        del began
        page.wait_for_timeout(6000)  # the process for the next session gets ready
        before = cpu(pid)
        page.wait_for_timeout(5000)
        found["idle_share_of_cpu"] = round((cpu(pid) - before) / 5, 4)
        page.click("#play")
        page.wait_for_timeout(1000)
        frames.clear()
        began = time.perf_counter()
        page.wait_for_timeout(2000)
        found["surface_frames_a_second"] = round(len(frames) / (time.perf_counter() - began), 1)
        page.click("#play")
        page.locator(".weight-target").nth(9).dispatch_event("click")
        page.wait_for_selector(".account-title")
        before = cpu(pid) + busy(cdp)
        found["next_step_ms"] = times(page, "ArrowLeft", 20)
        found["next_step_cpu_ms"] = round(50 * (cpu(pid) + busy(cdp) - before), 1)
        found |= {f"open_a_weight_{k}": v for k, v in weights(page).items()}
        before = busy(cdp)
        found["scrub_ms"] = page.evaluate(SCRUB)
        found["scrub_cpu_ms"] = round(10 * (busy(cdp) - before), 2)
        page.goto(
            f"{link.split('?', maxsplit=1)[0]}#place=step&data=mnist&net=784,100&act=relu&opt=adam&rate=0.001&batch=32&step=20"
        )
        page.reload()
        page.wait_for_selector("#arithmetic .factor", timeout=120_000)
        page.click("[data-view=weights]")
        page.select_option("#stage-layer", "dense_1")
        page.wait_for_timeout(1500)
        before = busy(cdp)
        found["hover_784x100_ms"] = page.evaluate(HOVER)
        found["hover_784x100_cpu_ms"] = round(10 * (busy(cdp) - before), 2)
        browser.close()
    return found


def first_paint(page: object) -> float:
    """Milliseconds from asking for the page to the first words in it."""
    page.wait_for_function(f"{PAINT}.length")
    return round(page.evaluate(f"{PAINT}[0].startTime"), 1)


def busy(cdp: object) -> float:
    """Seconds of processor time that the page's main thread took so far."""
    metrics = {m["name"]: m["value"] for m in cdp.send("Performance.getMetrics")["metrics"]}
    return metrics["TaskDuration"]


def times(page: object, key: str, count: int) -> list[float]:
    """How long the page takes to show another step."""
    found = []
    for _ in range(count):
        was = page.inner_text(".step-title")
        began = time.perf_counter()
        page.keyboard.press(key)
        while page.inner_text(".step-title") == was:
            time.sleep(0.002)
        found.append(1000 * (time.perf_counter() - began))
    return [round(float(v), 1) for v in np.percentile(found, [50, 95])]


def weights(page: object) -> dict[str, list[float]]:
    """How long the page takes to show the arithmetic of another weight."""
    found = []
    for k in range(15):
        was = page.inner_text(".account-title")
        began = time.perf_counter()
        page.locator(".equation .factor:has-text('W')").nth(1 + k % 2).dispatch_event("click")
        while page.inner_text(".account-title") == was and time.perf_counter() - began < 3:
            time.sleep(0.002)
        found.append(1000 * (time.perf_counter() - began))
    return {"ms": [round(float(v), 1) for v in np.percentile(found, [50, 95])]}


TIMED = """
  const found = [];
  for (let k = 0; k < 100; k++) {
    const began = performance.now();
    act(k);
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    found.push(performance.now() - began);
  }
  found.sort((a, b) => a - b);
  return [found[50].toFixed(1), found[95].toFixed(1)].map(Number);
"""
SCRUB = f"""async () => {{ const el = document.querySelector('.curve'), box = el.getBoundingClientRect();
  const act = (k) => el.dispatchEvent(new PointerEvent('pointermove', {{clientX: box.left + 60 + 5 * k, clientY: box.top + 40, bubbles: true}}));{TIMED}}}"""
HOVER = f"""async () => {{ const el = document.querySelector('.heat'), box = el.querySelector('canvas').getBoundingClientRect();
  const act = (k) => el.dispatchEvent(new PointerEvent('pointermove', {{clientX: box.left + (box.width * k) / 100, clientY: box.top + (box.height * (k % 37)) / 37, bubbles: true}}));{TIMED}}}"""


def cpu(pid: int) -> float:
    """Seconds of processor time of a process and its children so far."""
    total = 0.0
    for one in [pid, *children(pid)]:
        fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def subscriber() -> float:
    """The share of processor time that frames take from a training on digits, at 30 a second of wall time."""
    from chainrule.studio.frames import packed
    from chainrule.studio.session import Session

    session = Session.of_lesson(
        {"data": "mnist", "units": [784, 100], "activation": "relu", "learning_rate": 0.001, "batch_size": 32}
    )
    session.views.frame()
    began = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    frames = 0.0
    for _ in range(90):
        session.live().advance(5)
        start = time.process_time()
        packed(*session.views.frame(session.branch.head - 5))
        frames += time.process_time() - start
    return round(frames / (resource.getrusage(resource.RUSAGE_SELF).ru_utime - began), 4)


if __name__ == "__main__":
    main()
