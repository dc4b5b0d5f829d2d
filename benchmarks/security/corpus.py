"""The attack corpus on Chainrule, and the same files on Keras: verdicts, CPU time, memory."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parents[2] / "tests" / "files"
PATIENCE = 60.0  # seconds for one file

CHILD = """
import json, re, sys, time, warnings
warnings.simplefilter("ignore")
paths, which = json.load(sys.stdin)
def peak(): return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
if which == "chainrule":
    sys.path[:0] = [sys.argv[1]]
    import filemodels
    from chainrule import files
    from chainrule.errors import ChainruleError
    own = (ChainruleError, FileNotFoundError)
    load = lambda path: files.load(path, filemodels.plan)
elif which == "data":
    import chainrule.datasets.table, chainrule.datasets.folder, chainrule.datasets.npz
    from PIL import Image
    from chainrule import datasets
    from chainrule.errors import ChainruleError
    own = (ChainruleError, FileNotFoundError)
    load = datasets.load
else:
    import os
    os.environ["KERAS_BACKEND"] = "jax"
    import keras
    own = ()
    load = lambda path: keras.saving.load_model(path, compile=False)
for path in paths:
    with open("/proc/self/clear_refs", "w") as file: file.write("5")
    before, clock = peak(), time.process_time()
    try:
        load(path); how = "loaded"
    except own: how = "refused"
    except ValueError: how = "refused" if which == "keras" else "raw"
    except MemoryError: how = "raw"
    except Exception as problem: how = "raw"
    print(json.dumps([path, how, time.process_time() - clock, peak() - before]), flush=True)
"""


def measure(with_keras: bool = False) -> dict[str, dict[str, object]]:
    """The verdicts of each library, and what the files cost it."""
    sys.path[:0] = [str(TESTS)]
    from corpus import cases

    folder = Path(tempfile.mkdtemp(prefix="chainrule-corpus-"))
    written = list(cases(folder))
    wanted = {str(case.path): "loaded" if case.says is None else "refused" for case in written}
    found = {"Chainrule": verdicts("chainrule", wanted)}
    if with_keras and importlib.util.find_spec("keras"):
        found["Keras"] = verdicts("keras", wanted)
    return found


def measure_data() -> dict[str, dict[str, object]]:
    """The same for files of data: tables, arrays, folders of pictures."""
    sys.path[:0] = [str(TESTS.parent / "datasets")]
    from hostile_files import cases

    written = list(cases(Path(tempfile.mkdtemp(prefix="chainrule-data-"))))
    kinds = {"tables": "csv", "arrays": "npz", "folders of pictures": "folder"}
    return {
        what: verdicts("data", {str(case.path): "loaded" if case.says is None else "refused" for case in written if case.name.startswith(kind)})
        for what, kind in kinds.items()
    }  # fmt: skip


def verdicts(which: str, wanted: dict[str, str]) -> dict[str, object]:
    """What one library makes of every file; a file over which it hangs is one that hung."""
    rows, left = [], [path for path in wanted if which != "keras" or not path.startswith("/dev")]
    hung = died = 0
    while left:
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(TESTS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        try:
            out, _ = child.communicate(json.dumps([left, which]), timeout=PATIENCE + 0.5 * len(left))
            stopped = child.returncode != 0
            died += stopped
        except subprocess.TimeoutExpired:
            child.kill()
            out, stopped = child.communicate()[0], True
            hung += 1
        done = [json.loads(line) for line in out.splitlines()]
        rows += done
        left = left[len(done) + stopped :]
    return {
        "files": len(wanted), "as expected": sum(how == wanted[path] for path, how, *_ in rows),
        "opened though it should not be": sum(how == "loaded" != wanted[path] for path, how, *_ in rows),
        "good files refused": sum(how != "loaded" == wanted[path] for path, how, *_ in rows),
        "raw exceptions": sum(how == "raw" for _, how, *_ in rows), "hung or died": hung + died,
        "over 1 s": sum(seconds > 1 for *_, seconds, _ in rows), "slowest, s": max(row[2] for row in rows),
        "over 64 MiB": sum(mib > 64 for *_, mib in rows), "most, MiB": max(row[3] for row in rows),
    }  # fmt: skip
