"""Every file of the attack corpus gets the verdict it should, costs little and touches nothing."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import filemodels as small
import numpy as np
import pytest
from corpus import Case
from corpus import cases as written

from chainrule import files
from chainrule.errors import FileError

ROWS = [
    *(f"k{number:02}" for number in range(1, 24)), *(f"z{number:02}" for number in range(1, 15)),
    *(f"h{number:02}" for number in range(1, 19)), *(f"c{number:02}" for number in range(1, 11)), "p02", "f01", "f02", "f03", "f04",
]  # fmt: skip
FORBIDDEN = (
    "exec",
    "compile",
    "marshal",
    "pickle",
    "import",
    "subprocess",
    "socket",
    "os.",
    "ctypes",
    "shutil",
    "tempfile",
)


class Watch:
    """An audit hook that writes down, while it is on, what Python is asked to do."""

    def __init__(self) -> None:
        self.on, self.seen = False, list[tuple[str, object]]()
        sys.addaudithook(self.note)

    def note(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.on and (event == "open" or event.startswith(FORBIDDEN)):
            self.seen.append((event, os.fspath(arguments[0]) if event == "open" else arguments))


@pytest.fixture(scope="module")
def watch() -> Watch:
    return Watch()


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    found = list(written(tmp_path_factory.mktemp("corpus")))
    for case in found:  # so that what is imported on first use is there
        if case.says is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                files.load(case.path, small.plan)
    return found


def test_every_case_belongs_to_a_row_and_every_row_has_a_case(cases: list[Case]) -> None:
    """No file of the corpus is left out of the test below."""
    assert {case.name[:3] for case in cases} == set(ROWS)
    assert len(cases) > 150


@pytest.mark.parametrize("row", ROWS)
def test_each_file_gets_its_verdict(cases: list[Case], watch: Watch, row: str) -> None:
    """A refusal names the file and the rule, opens nothing else and runs nothing; odd but honest files are opened."""
    for case in cases:
        if not case.name.startswith(row):
            continue
        watch.seen.clear()
        watch.on = True
        try:
            with warnings.catch_warnings(record=True) as result:
                warnings.simplefilter("always")
                files.load(case.path, small.plan)
            refusal = None
        except FileError as problem:
            refusal = str(problem)
        finally:
            watch.on = False
        assert (refusal is None) == (case.says is None), f"{case.name}: {refusal}"
        if refusal is not None and case.says is not None:
            assert case.says in refusal, f"{case.name}: {refusal}"
            assert refusal.startswith(str(case.path))
        assert any(case.warns in str(warning.message) for warning in result) if case.warns else not result
        assert {name for event, name in watch.seen if event == "open"} <= {str(case.path)}, case.name
        assert [event for event in watch.seen if event[0] != "open"] == [], case.name


def test_nothing_was_left_behind_by_the_corpus(cases: list[Case]) -> None:
    """The pickles' trap was not sprung, and no member of an archive was unpacked beside it."""
    folder = cases[0].path.parent
    assert not (Path.cwd() / "pickle-ran").exists()
    assert {path.name for path in folder.iterdir()} == {
        "canary.bin", *(case.path.name for case in cases if case.path.parent == folder)
    }  # fmt: skip


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="only Linux tells a process its own peak of memory"
)
def test_refusals_cost_little_memory(cases: list[Case]) -> None:
    """The whole corpus, one file after the other in one process, raises its peak of memory by less than 64 MiB."""
    script = (
        "import json, re, sys, warnings\n"
        "import filemodels as small\n"
        "from chainrule import files\n"
        "warnings.simplefilter('ignore')\n"
        "def peak(): return int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) // 1024\n"
        "before, found = peak(), []\n"
        "for path in json.load(sys.stdin):\n"
        "    try: files.load(path, small.plan)\n"
        "    except ValueError: pass\n"
        "    found.append([path, peak() - before])\n"
        "print(json.dumps(found))\n"
    )
    paths = [str(case.path) for case in cases]
    run = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(paths), capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
    )  # fmt: skip
    growth = json.loads(run.stdout)
    assert len(growth) == len(cases)
    assert growth[-1][1] < 64, growth
    assert growth[-1][1] > 0


def test_unusual_numbers_come_out_exactly(cases: list[Case]) -> None:
    """Big-endian, half and double precision files hold the same numbers as the file they were made from."""
    by_name = {case.name: case.path for case in cases}
    expected = small.model().weights
    for name, dtype in (("h15-big-endian", "f4"), ("h15-float16", "f2"), ("h15-float64", "f8")):
        found = files.load(by_name[name], small.plan).weights
        for layer, original in zip(found, expected, strict=True):
            for array, source in zip(layer, original, strict=True):
                assert array.dtype == np.dtype(dtype)
                assert array.dtype.isnative
                np.testing.assert_array_equal(array, source.astype(dtype))


def test_a_file_saved_with_the_loss_mse_keeps_it(cases: list[Case]) -> None:
    """The short name of a loss in an .h5 file is no obstacle."""
    path = next(case.path for case in cases if case.name == "h15-mse")
    found = files.load(path, small.plan).compile_config
    assert found is not None
    assert (found["loss"], found["metrics"]) == ("mse", ["mae"])


def test_strict_refuses_weights_that_are_not_finite(cases: list[Case]) -> None:
    """`strict=True` turns the warning about NaN into a refusal that names the arrays."""
    path = next(case.path for case in cases if case.name == "h14-nan")
    with pytest.raises(FileError, match=r"NaN or infinite: hidden/kernel, out/bias"):
        files.load(path, small.plan, strict=True)


def test_a_file_swapped_while_it_is_read_gives_the_old_or_the_new(tmp_path: Path) -> None:
    """Replacing the file in the middle of loading never mixes two models; rewriting it in place is noticed."""
    path, new = tmp_path / "model.h5", small.model(extras={"which": "new"})
    new.weights = [[array + 1 for array in layer] for layer in new.weights]

    def swapping(config: small.Config) -> list[list[tuple[int, ...]]]:
        files.save(path, new)
        return small.plan(config)

    files.save(path, small.model())
    assert small.same(files.load(path, swapping), files.load(files.encode(small.model(), "h5")))
    assert files.load(path, small.plan).extras == {"which": "new"}

    def rewriting(config: small.Config) -> list[list[tuple[int, ...]]]:
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        path.write_bytes(content)
        os.utime(path, ns=(1, 1))
        return small.plan(config)

    with pytest.raises(FileError, match="changed by another program"):
        files.load(path, rewriting)
