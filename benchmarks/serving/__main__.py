"""What `chainrule serve` costs: start, memory, requests for a second of the server's own processor time, latency.

    python -m benchmarks.serving [--seconds 3] [--rounds 3] [--only chainrule,empty,onnx,keras] [--tensorflow PYTHON]

--tensorflow: an interpreter with tensorflow, keras, fastapi and uvicorn, for Keras on TensorFlow beside Keras on JAX. Needs wrk. Figures are per second of the server's CPU time, not of the clock, so that what else runs on the machine counts less;
rounds are interleaved and the median is shown. The convnet row of the batching table needs Conv2D.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

PATH = "/v2/models/digits/infer"
TICK = os.sysconf("SC_CLK_TCK")


def body():
    """The first test digit as the request of all servers."""
    from chainrule import datasets

    pixels = datasets.load("mnist").x_test[0].reshape(-1).tolist()
    return json.dumps(
        {"inputs": [{"name": "input", "shape": [1, 28, 28], "datatype": "UINT8", "data": pixels}]}
    ).encode()


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Server:
    """A server that runs; seconds: from its start to its first correct answer."""

    def __init__(self, kind, models, content, python=sys.executable):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}{PATH}"
        words = {
            "chainrule": [
                "chainrule",
                "serve",
                f"digits={models['keras']}",
                "--port",
                str(port),
                "--no-access-log",
            ]
        }
        words["chainrule, batch 1"] = [*words["chainrule"], "--max-batch", "1"]
        command = words.get(kind, ["benchmarks.serving.apps", kind, str(port), str(models.get(kind))])
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "1",
            "KERAS_BACKEND": "tensorflow" if kind == "tensorflow" else "jax",
        }
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [python, "-m", *command],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while True:
            with contextlib.suppress(OSError):
                request = urllib.request.Request(self.url, content, {"Content-Type": "application/json"})
                fields = json.loads(urllib.request.urlopen(request, timeout=5).read())
                assert len(fields["outputs"][0]["data"]) == 10
                break
            time.sleep(0.005)
        self.seconds = time.perf_counter() - began

    def cpu(self):
        """Processor seconds that it has used."""
        words = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / TICK

    def memory(self):
        """Megabytes: the sum of PSS of it and its children, and the same without children."""
        children = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False
        ).stdout.split()
        sizes = [pss(pid) for pid in (self.process.pid, *children)]
        return sum(sizes), sizes[0]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)


def pss(pid):
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1]) / 1024


def load(server, script, connections, seconds):
    """Requests for a second of the server's CPU time, median and 99th percentile in milliseconds, and failures."""
    before = server.cpu()
    words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script, server.url]
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    used = server.cpu() - before
    count = int(re.search(r"(\d+) requests in", text)[1])
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return count / used, milliseconds(text, "50%"), milliseconds(text, "99%"), int(bad[1]) if bad else 0


def milliseconds(said, share):
    value, unit = re.search(rf"{share}\s+([\d.]+)(us|ms|s)", said).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="chainrule,chainrule, batch 1,empty,onnx,keras".replace(", ", "; "))
    parser.add_argument("--tensorflow", metavar="PYTHON")
    args = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("This needs wrk: apt-get install wrk")
    kinds = [word.replace("; ", ", ") for word in args.only.split(",")] + ["tensorflow"] * bool(
        args.tensorflow
    )
    of = {"tensorflow": args.tensorflow}
    content = body()
    with tempfile.TemporaryDirectory() as folder:
        models = trained(Path(folder))
        script = str(Path(folder) / "post.lua")
        Path(script).write_text(
            f"wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = [[{content.decode()}]]\n"
        )
        found = {kind: [] for kind in kinds}
        for kind in kinds:
            Server(
                kind, models, content, of.get(kind, sys.executable)
            ).stop()  # writes the compiled modules, which an installed package has
        for _ in range(args.rounds):
            for kind in kinds:
                server = Server(kind, models, content, of.get(kind, sys.executable))
                time.sleep(
                    2
                )  # what is begun after the first answer (the decoder's process) is no part of a request
                many, one = (
                    load(server, script, 16, args.seconds),
                    load(server, script, 1, max(1, args.seconds // 2)),
                )
                found[kind].append((server.seconds, *server.memory(), *many, *one))
                server.stop()
    print(
        "server               start s   PSS MB (alone)   16 conn: req/CPU s  p50 ms  p99 ms  bad   1 conn: req/CPU s  p50 ms  p99 ms"
    )
    for kind, rows in found.items():
        m = [statistics.median(row[k] for row in rows) for k in range(len(rows[0]))]
        print(
            f"{kind:<20} {m[0]:>7.2f}   {m[1]:>6.0f} ({m[2]:>3.0f})     {m[3]:>14.0f}  {m[4]:>8.2f}{m[5]:>8.2f}{m[6]:>5.0f}   {m[7]:>15.0f}{m[8]:>9.2f}{m[9]:>8.2f}"
        )


def trained(folder):
    """The classic network (784-784-10) as the files that the servers load."""
    from chainrule import Sequential, layers, utils
    from chainrule.export import export_model

    utils.set_random_seed(1)
    model = Sequential(
        [
            layers.Input((28, 28)),
            layers.Flatten(),
            layers.Dense(784, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.build()
    scale = {
        "kind": "picture",
        "height": 28,
        "width": 28,
        "colour": False,
        "fit": "stretch",
        "scale": 1 / 255,
        "like": "mnist",
    }
    model.extras = {"task": "classes", "class_names": list("0123456789"), "preparation": scale}
    export_model(model, folder / "digits.keras", include_optimizer=False)
    export_model(model, folder / "digits.onnx")
    return {
        "keras": folder / "digits.keras",
        "tensorflow": folder / "digits.keras",
        "onnx": folder / "digits.onnx",
    }


if __name__ == "__main__":
    main()
