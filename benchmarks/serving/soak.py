"""`python -m benchmarks.serving.soak [--seconds 600] [--fuzzed 20000] [--seed 0]`: a server under full load with bad requests among the good.

Prints statuses, failures, and the server's memory over time; the exit code is 1 when a request got no answer or a 5xx but 503,
a good request no 200, or memory grew by more than 5 % after the first tenth.
"""

import argparse
import collections
import contextlib
import http.client
import json
import random
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

PATHS = (
    "/v2/models/digits/infer",
    "/predict",
    "/v2/models/digits",
    "/v2/models/digits/stats",
    "/v2/health/ready",
    "/models",
    "/nothing",
)


def good():
    pixels = [0] * 784
    pixels[300:400] = [255] * 100
    return json.dumps(
        {"inputs": [{"name": "input", "shape": [1, 28, 28], "datatype": "UINT8", "data": pixels}]}
    ).encode()


def spoiled(body, rng):
    """The good body with bytes changed, taken out, or repeated."""
    content = bytearray(body)
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(content))
        kind = rng.randrange(4)
        if kind == 0:
            content[place] = rng.randrange(256)
        elif kind == 1:
            del content[place : place + rng.randint(1, 200)]
        elif kind == 2:
            content[place:place] = content[max(0, place - 30) : place]
        else:
            content[place:place] = rng.choice(
                [b"null", b"{", b"]", b"1e999", b"-1", b'"x":', b"\xff\xfe", b"NaN", b"[[[[[["]
            )
        if not content:
            return b""
    return bytes(content)


class Clients:
    """Threads that ask until told to stop; share: of bad requests."""

    def __init__(self, host, count, share, most=None, seed=0):
        self.host, self.share, self.most = host, share, most
        self.statuses, self.problems, self.going, self.sent = collections.Counter(), [], True, 0
        self.threads = [threading.Thread(target=self.run, args=(seed + k,)) for k in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self, seed):
        rng, body = random.Random(seed), good()
        connection = http.client.HTTPConnection(self.host, timeout=30)
        headers = {"Content-Type": "application/json"}
        while self.going and (self.most is None or self.sent < self.most):
            self.sent += 1
            bad = rng.random() < self.share
            content, path, more = body, PATHS[0], dict(headers)
            if bad:
                content = spoiled(body, rng)
                if rng.random() < 0.4:
                    path = rng.choice(PATHS)
                if rng.random() < 0.2:
                    more[
                        rng.choice(
                            [
                                "Content-Encoding",
                                "Inference-Header-Content-Length",
                                "Content-Type",
                                "X-Request-Id",
                                "Origin",
                            ]
                        )
                    ] = rng.choice(
                        ["gzip", "5", "-1", "image/png", "multipart/form-data; boundary=a", "null"]
                    )
            try:
                connection.request("POST", path, content, more)
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as problem:
                self.problems.append(repr(problem))
                connection.close()
                continue
            self.statuses["bad" if bad else "good", response.status] += 1
            if response.will_close:
                connection.close()

    def end(self):
        self.going = False
        for thread in self.threads:
            thread.join()


def memory(pid):
    """Megabytes (PSS) of the server and its children."""
    pids = [
        pid,
        *subprocess.run(
            ["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False
        ).stdout.split(),
    ]
    total = 0
    for one in pids:
        with contextlib.suppress(OSError):
            total += int(
                re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{one}/smaps_rollup").read_text(), re.MULTILINE)[1]
            )
    return total / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--fuzzed", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0, help="other bad requests than last time")
    args = parser.parse_args()
    server = subprocess.Popen(
        [sys.executable, "-m", "chainrule", "serve", "--port", "0", "--json", "--no-access-log"],
        stdout=subprocess.PIPE,
        text=True,
    )
    host = json.loads(server.stdout.readline())["url"].removeprefix("http://").rstrip("/")
    time.sleep(2)
    fuzz = Clients(host, 8, 1.0, args.fuzzed, args.seed)
    for thread in fuzz.threads:
        thread.join()
    print("fuzzed:", sum(fuzz.statuses.values()), dict(fuzz.statuses), fuzz.problems[:5])
    load, sizes, began = Clients(host, 16, 0.01, seed=args.seed + 8), [], time.monotonic()
    while time.monotonic() - began < args.seconds:
        time.sleep(max(1, args.seconds / 20))
        sizes.append(memory(server.pid))
    load.end()
    print("load:", sum(load.statuses.values()), dict(load.statuses), load.problems[:5])
    print("memory in MB:", " ".join(f"{size:.1f}" for size in sizes))
    server.terminate()
    code = server.wait(timeout=30)
    statuses = fuzz.statuses + load.statuses
    wrong = [
        key
        for key in statuses
        if (key[1] >= 500 and key[1] != 503) or (key[0] == "good" and key[1] not in (200, 503))
    ]
    grown = sizes[-1] / sizes[len(sizes) // 10] - 1
    print(
        f"wrong: {wrong}, no answer: {len(fuzz.problems) + len(load.problems)}, memory grew by {100 * grown:.1f} %, exit code {code}"
    )
    return int(bool(wrong) or bool(fuzz.problems) or bool(load.problems) or grown > 0.05 or code != 0)


if __name__ == "__main__":
    sys.exit(main())
