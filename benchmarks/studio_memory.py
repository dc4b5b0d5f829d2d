"""A training watched in the browser for ten minutes: does the memory of page and processes stay flat?

    python benchmarks/studio_memory.py [--seconds 600]

Prints the page's JavaScript heap after a collection, its elements, and the memory (sum of PSS) of the studio's processes, every
twentieth of the time; the exit code is 1 where one of them is more than 10 % and 2 MB larger at the end than after a third of the time.
A session keeps each step's loss and score and some states, so its own memory grows with the steps: 8 bytes a step.
Needs the extra `studio`, playwright, and Debian's chromium.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    words.add_argument("--seconds", type=float, default=600)
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "chainrule", "studio", "--no-open", "--runs-dir", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as studio:
            try:
                link = re.search(r"http\S+", studio.stdout.readline())[0]
                found = watched(link, studio.pid, asked.seconds)
            finally:
                studio.terminate()
    third = found[len(found) // 3]
    grown = [
        name
        for name, was, now in zip(("heap", "elements", "processes"), third[2:], found[-1][2:], strict=True)
        if now > 1.1 * was and now > was + 2
    ]
    print(f"larger at the end: {', '.join(grown) or 'nothing'}")
    sys.exit(1 if grown else 0)


def watched(link, pid, seconds):
    """(seconds, step, MB of the heap, elements, MB of the processes), twenty times, while a network learns a spiral."""
    from playwright.sync_api import sync_playwright

    rows, began = [], time.monotonic()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(link)
        page.wait_for_selector("#play")
        page.click("#play")
        tools = page.context.new_cdp_session(page)
        tools.send("Performance.enable")
        print("seconds     step   heap MB   elements   processes MB")
        for k in range(1, 21):
            page.wait_for_timeout(max(0, 1000 * (k * seconds / 20 - (time.monotonic() - began))))
            tools.send("HeapProfiler.collectGarbage")
            told = {one["name"]: one["value"] for one in tools.send("Performance.getMetrics")["metrics"]}
            step = int(page.inner_text("#figure-step").replace(",", ""))
            rows.append(
                (
                    time.monotonic() - began,
                    step,
                    told["JSHeapUsedSize"] / 1e6,
                    told["Nodes"],
                    memory(pid),
                )
            )
            print("{:7.0f} {:8,} {:9.1f} {:10,.0f} {:14.1f}".format(*rows[-1]), flush=True)
        browser.close()
    return rows


def memory(pid):
    """Megabytes (PSS) of a process and of all below it."""
    below = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    own = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", own, re.MULTILINE)[1]) / 1024 + sum(
        memory(child) for child in below.stdout.split()
    )


if __name__ == "__main__":
    main()
