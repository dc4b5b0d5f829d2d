"""What a report says, and that nothing of a user's gets into it as anything but text."""

import hashlib
import json
import re
import shlex
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from report_runs import EVIL, run_of

from chainrule import RunRecorder, Sequential, errors, layers, open_run, report, runs
from chainrule.cli import main
from installed import needs_jax

ALL = ("trained", "curves", "confusion", "mistakes", "weights", "sizes", "doctor", "step", "reproduce")


class Outline(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.words = ""
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attributes) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "link", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        if not {"style", "script"} & set(self.open):
            self.words += f" {data} "

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def words(html: str) -> str:
    """The text of a page, blanks as one."""
    return " ".join(Outline(html).words.split())


@pytest.mark.parametrize(
    ("kind", "sections", "title"),
    [
        ("bars", ALL, r"It learned nothing usable: 33 % against 33 % by always answering “0”"),
        ("img", ALL, r"It learned nothing usable: 54 % against 54 % by always answering “.*”"),
        (
            "houses",
            tuple("errors" if s == "confusion" else s for s in ALL if s != "mistakes"),
            r"It is off by [\d,.]+ on average, on rows it has not seen",
        ),
    ],
)
def test_a_page_for_every_kind_of_run(pages, kind, sections, title) -> None:
    """Pictures, two classes, numbers: each has the sections that make sense for it, and its title says what was found."""
    page = pages[kind]
    assert page.sections == sections
    assert re.fullmatch(title, page.title.replace("\u00a0", " "))
    outline = Outline(page.html)
    assert outline.open == []
    assert [a["href"] for a in outline.all("a") if a["href"].lstrip("#") in sections][: len(sections)] == [
        f"#{s}" for s in sections
    ]
    assert str(page) == page.html


@pytest.mark.parametrize("kind", ["bars", "img", "houses"])
def test_a_page_is_sound(pages, kind) -> None:
    """No id twice, every link leads somewhere on the page, every picture has words, one h1; tags are closed in order."""
    outline = Outline(pages[kind].html)
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    drawn = {
        i for i in ids if re.fullmatch(r"[a-z]{1,2}[0-9a-f]{10}", i)
    }  # within an <svg>: the same name is the same shape
    assert len([i for i in ids if i not in drawn]) == len({i for i in ids if i not in drawn})
    assert {a["href"][1:] for a in outline.all("a")} <= set(ids)
    assert len(outline.all("h1")) == 1
    for attributes in [*outline.all("img"), *(a for _, a in outline.tags if a.get("role") == "img")]:
        assert attributes.get("alt") or attributes.get("aria-label")


@pytest.mark.parametrize("kind", ["bars", "img", "houses"])
def test_a_page_loads_nothing(pages, kind) -> None:
    """No address in it but its own parts; a policy in its head forbids all else, and scripts but the one it brings."""
    outline = Outline(pages[kind].html)
    places = [
        a[name]
        for _, a in outline.tags
        for name in ("src", "href", "xlink:href", "action", "data", "srcset")
        if a.get(name)
    ]
    assert all(place.startswith(("#", "data:")) for place in places)
    assert not re.search(r"url\((?!data:|#)|@import", pages[kind].html)
    policy = next(
        a["content"] for a in outline.all("meta") if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'")
    script = pages[kind].html.split("<script>")[1].split("</script>")[0]
    import base64

    assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy


def test_names_of_the_users_are_text(pages) -> None:
    """A class called <script>alert(1)</script>, a file and a column of that kind stand on the page as they are called."""
    html = pages["img"].html
    outline = Outline(html)
    assert len(outline.all("script")) == 1
    assert EVIL not in html
    assert not any(name.startswith("on") for _, attributes in outline.tags for name in attributes)
    for name in (EVIL, "<img src=x onerror=alert(2)>", "<b onclick=alert(3)>age</b>"):
        assert name in words(html)


def test_the_matrix_counts_the_test_part(pages, root) -> None:
    """Its numbers are those of `evaluate`, and each that is not 0 opens as many examples, or says how many it shows."""
    page = pages["bars"]
    counted = dict(
        re.findall(r'href="#(cell-\d-\d)" aria-label="[^"]*" title="[^"]*">([\d,]+)</a>', page.html)
    )
    assert sum(map(int, counted.values())) == 48
    for cell, n in counted.items():
        opened = page.html.split(f'<section id="{cell}"')[1].split("</section>")[0]
        assert opened.count("<li") == min(int(n), 12 if cell[5] == cell[7] else 24)
        assert opened.count('role="img"') == opened.count("<li")


def test_the_figures_are_those_that_were_recorded(pages, root) -> None:
    """Accuracy in the title and the last line of the table are the run's own."""
    run = run_of(root, "bars")
    accuracy = f"{100 * run.metrics['val_accuracy']:.0f} %"  # two digits, as few examples say no more
    assert accuracy in pages["bars"].title.replace("\u00a0", " ")
    assert f"{run.metrics['loss']:.4f}" in words(pages["bars"].html)
    assert "57 %" not in pages["houses"].title


@pytest.mark.parametrize("kind", ["bars", "img", "houses"])
def test_the_command_on_the_page_makes_the_same_weights(pages, root, tmp_path, monkeypatch, kind) -> None:
    """Typed where the data are, it gives the weights whose SHA-256 the page tells, bit for bit."""
    monkeypatch.chdir(root)
    monkeypatch.setenv("CHAINRULE_RUNS", str(tmp_path / "runs"))
    result = words(pages[kind].html)
    command = next(
        line
        for line in re.findall(r"<code>(.*?)</code>", pages[kind].html, re.DOTALL)
        if line.startswith("chainrule train")
    )
    import html

    assert main([*shlex.split(html.unescape(command))[1:], "-q", "--out", str(tmp_path / "again.keras")]) == 0
    (again,) = runs.list_runs(tmp_path / "runs").runs
    digest = re.search(r"weights, SHA-256 ([0-9a-f]{64})", result)[1]
    assert f"weights, SHA-256 {digest}" in words(report.page(again).html)


def test_the_same_run_gives_the_same_page(pages, root) -> None:
    """To the last letter."""
    assert report.page(run_of(root, "bars")).html == pages["bars"].html


@needs_jax
def test_a_run_on_jax(root, tmp_path, monkeypatch) -> None:
    """It is reported like any other; where JAX is not installed, without what needs its steps again."""
    words_ = [
        "train",
        str(root / "bars.npz"),
        "--layers",
        "8",
        "--epochs",
        "2",
        "--seed",
        "1",
        "-q",
        "--backend",
        "jax",
    ]
    assert main([*words_, "--runs-dir", str(tmp_path), "--out", str(tmp_path / "bars.keras")]) == 0
    page = report.page(runs.find(tmp_path, "last"))
    assert page.sections == ALL
    assert "computed by JAX" in words(page.html)
    monkeypatch.setitem(sys.modules, "jax", None)
    page = report.page(runs.find(tmp_path, "last"))
    assert page.sections == tuple(section for section in ALL if section != "step")
    assert "jax" in " ".join(page.left_out)


# ── what is missing ──────────────────────────────────────────────────────────────────────────────────────────────


def moved(run: runs.Run) -> runs.Run:
    """The run, whose data are not where they were."""
    path = run.path / "run.json"
    path.write_text(
        re.sub(r'"source": "[^"]*"', '"source": "/home/anna/secret/houses.csv"', path.read_text())
    )
    return runs.Run(run.path)


def test_data_that_have_moved_are_named_and_the_rest_is_told(copy, root) -> None:
    """The page says what is missing and why, without the folders of the user; with `source` all is there."""
    run = moved(copy("houses"))
    page = report.page(run)
    assert page.sections == ("trained", "curves", "sizes", "doctor", "reproduce")
    assert "houses.csv cannot be read" in " ".join(page.left_out)
    assert "secret" not in page.html
    assert "What is not in this report" in page.html
    assert "loss" in page.title
    assert "errors" in report.page(run, source=str(root / "houses.csv")).sections


def test_other_data_are_refused_by_their_digest(copy, root, tmp_path) -> None:
    """A report is never made with data that the run did not learn from."""
    (tmp_path / "houses.csv").write_text(
        (root / "houses.csv").read_text().rpartition("\n")[0].rpartition("\n")[0]
    )
    page = report.page(copy("houses"), source=str(tmp_path / "houses.csv"))
    assert "are not those that it learned from" in " ".join(page.left_out)
    assert "errors" not in page.sections


def test_a_run_that_was_interrupted_in_its_first_epoch(copy) -> None:
    """No epoch ended, and only the first snapshot is there: the page is about the steps."""
    run = copy("bars")
    (run.path / "epochs.jsonl").write_text("")
    for path in sorted((run.path / "snapshots").iterdir())[1:]:
        path.unlink()
    fields = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(
        json.dumps(fields | {"status": "interrupted", "results": {}, "finished": None})
    )
    page = report.page(runs.Run(run.path))
    assert "It was interrupted." in words(page.html)
    assert "No epoch came to its end." in words(page.html)
    assert page.sections == ALL


def test_a_run_without_a_whole_snapshot(copy) -> None:
    """What needs the weights is left out, with the reason; the curves are there."""
    run = copy("bars")
    for path in (run.path / "snapshots").iterdir():
        path.write_bytes(b"damaged")
    page = report.page(runs.Run(run.path))
    assert {"trained", "curves", "sizes", "reproduce"} <= set(page.sections)
    assert not {"confusion", "weights", "step"} & set(page.sections)
    assert page.left_out


def own(tmp_path, target, rate: float = 0.1) -> tuple[runs.Run, dict]:
    """A run recorded by a program of its own, and what opens it again."""
    x = np.random.default_rng(1).normal(size=(60, 5)).astype("f4")
    y = target(x)

    def made() -> Sequential:
        ends = [layers.Dense(3, "softmax")] if y.dtype.kind == "i" else [layers.Dense(1)]
        model = Sequential([layers.Dense(8, "relu", input_shape=(5,)), *ends])
        model.compile("sgd", "sparse_categorical_crossentropy" if y.dtype.kind == "i" else "mse")
        model.optimizer.learning_rate = rate
        return model

    record = RunRecorder(tmp_path / "own", keep_examples=False)
    made().fit(x, y, epochs=2, verbose=0, callbacks=[record])
    return runs.Run(record.folder), {"model": made(), "x": x, "y": y}


def test_a_run_of_a_programs_own(tmp_path) -> None:
    """By itself the page tells what was recorded; opened with its model and data, everything."""
    run, parts = own(tmp_path, lambda x: (x[:, 0] > 0).astype(int) + (x[:, 1] > 0))
    page = report.page(run)
    assert page.sections == ("trained", "curves", "sizes", "doctor", "reproduce")
    assert "recorded by a program of its own" in words(page.html)
    page = report.page(open_run("last", tmp_path / "own", **parts))
    assert page.sections == ALL
    assert "It learned nothing usable" in page.title


@pytest.mark.filterwarnings("ignore:The loss stopped being finite")
@pytest.mark.parametrize("kind", ["bars", "houses"])
def test_a_page_for_others_shows_no_single_example(root, kind) -> None:
    """No picture, no row and no opened step; the page says what is not in it, and figures over all examples stay."""
    page = report.page(run_of(root, kind), examples=False)
    assert not {"mistakes", "step"} & set(page.sections)
    assert "data:image/png" not in page.html.split("</style>")[0]
    assert "sprite" not in page.html
    assert any("single examples are not shown" in line for line in page.left_out)
    assert "curves" in page.sections


def test_a_run_that_failed(tmp_path) -> None:
    """Weights that are no numbers are not asked; the page says at which step it broke."""
    with pytest.warns(UserWarning, match="stopped being finite"):
        _, parts = own(tmp_path, lambda x: 1000 * x[:, 0], rate=1e6)
    page = report.page(open_run("last", tmp_path / "own", **parts))
    assert re.match(r"It failed: at step \d+ the loss stopped being a finite number", page.title)
    assert {"curves", "doctor", "reproduce"} <= set(page.sections)
    assert "not finite any more" in " ".join(page.left_out)


def test_a_fork_says_where_it_comes_from(root, tmp_path, monkeypatch) -> None:
    """Its parent, the step and what was changed, and the command that forks again."""
    monkeypatch.chdir(tmp_path)
    parent = run_of(root, "bars")
    assert (
        main(["train", "--fork", f"{parent.path}@20", "--learning-rate", "0.1", "--runs-dir", "forks", "-q"])
        == 0
    )
    html = report.page(runs.find("forks", "last")).html
    assert f"{parent.name}, left at step 20" in words(html)
    assert f"chainrule train --fork {parent.name}@20" in html
    assert "--learning-rate 0.1" in html


def test_without_matplotlib_the_install_line_is_given(root, monkeypatch) -> None:
    """MissingDependencyError names the extra."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(errors.MissingDependencyError, match=r"chainrule\[plot\]"):
        report.page(run_of(root, "bars"))


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_file_is_the_page_and_is_written_whole(root, tmp_path, monkeypatch) -> None:
    """The bytes are those of the page; when the disk refuses, what was there before is untouched."""
    path = tmp_path / "run.html"
    page = report.write(run_of(root, "houses"), path)
    assert path.read_text(encoding="utf-8") == page.html
    assert [p.name for p in tmp_path.iterdir()] == ["run.html"]
    monkeypatch.setattr(
        "os.fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(errors.FileError, match="untouched"):
        report.write(run_of(root, "bars"), path)
    assert path.read_text(encoding="utf-8") == page.html
    assert [p.name for p in tmp_path.iterdir()] == ["run.html"]


def test_a_page_is_small(pages) -> None:
    """Pictures are kept in few, small files within it."""
    assert max(len(page.html) for page in pages.values()) < 400_000


def test_many_large_pictures_stay_within_their_room() -> None:
    """Of large pictures every k-th pixel is kept, of many only as many as there is room for."""
    from chainrule.report.sprites import PIXELS, Sprite, room

    assert room((400, 300, 3)) * 45 * 34 * 3 <= PIXELS
    sprite = Sprite("some", np.random.default_rng(1).integers(0, 255, (3, 400, 300, 3)).astype(np.uint8))
    assert sprite.pixels.shape == (3, 45, 34, 3)


def test_many_classes_become_a_list(tmp_path, monkeypatch) -> None:
    """Beyond forty classes the most frequent mistakes are listed, and still open."""
    rng = np.random.default_rng(3)
    x, y = rng.integers(0, 255, (450, 8, 8)).astype(np.uint8), (np.arange(450) % 45).astype(np.uint8)
    np.savez(tmp_path / "signs.npz", x=x, y=y)
    monkeypatch.chdir(tmp_path)
    assert (
        main(
            [
                "train",
                "signs.npz",
                "--layers",
                "none",
                "--epochs",
                "1",
                "--seed",
                "1",
                "-q",
                "--backend",
                "numpy",
                "--runs-dir",
                "runs",
            ]
        )
        == 0
    )
    page = report.page(runs.find("runs", "last"))
    assert "The most frequent mistakes of 45 classes." in words(page.html)
    assert 'class="matrix' not in page.html
    assert len(re.findall(r'class="panel[ "]', page.html)) == page.html.count('id="cell-') // 2


def test_the_page_about_reports_names_every_section() -> None:
    """docs/report.md has a line for each."""
    from chainrule.report.document import SECTIONS

    result = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")
    assert [label for label in SECTIONS if f"| {label} |" not in result] == []
