"""The lessons run, what they claim is so, they use nothing that is not public, and notebooks can be made of them."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

import chainrule
from chainrule.cli import main
from chainrule.lessons import check, pictures, reader

FOLDER = Path(chainrule.__file__).parent / "lessons"
TEXTS = FOLDER / "texts"
LESSONS = reader.paths()
HELPERS = [FOLDER / "pictures.py", FOLDER / "exercise.py"]
by_name = {"ids": lambda path: path.stem}

# What a reader must have seen at the end, as a pattern of a printed line each.
SEEN = {
    "1_neuron": [r"4 of 4 right: +0 neurons", r"switches \[1 1\]: .* = 0 ", r"relu +answers between 0 and 1000: it does not"],
    "2_loss": [r"10 % .*|Knowing nothing about ten digits: 2\.3026", r"Carla accuracy 100%, cross-entropy 0\.673", r"who says 70%"],
    "3_gradient_descent": [r"after: +w = 2\.98", r"1\.01: flies away", r"exact solution: +1\.51"],
    "4_stochastic": [r"batches of +64: +938 steps, the last one with 32", r"a saddle$", r"^120 steps"],
    "5_backpropagation": [r"dW1\[0\]\[0\] by hand -0\.34194947 +measured -0\.3419494", r"They agree", r"1,389,900 times forward"],
    "6_digits": [r"Total params: 694,950", r"Right on 9[78]\.\d\d% of 10,000", r"that is 3\.0\d times as much", r"100,000 probabilities is \de[-+]0\d$"],
    "7_one_step": [r"3,750 steps, \d+ snapshots", r"They agree", r"The first step whose numbers differ: 1,87\d"],
    "8_when_it_goes_wrong": [r"looks healthy", r"A: dead units", r"B: rate too low", r"C: vanishing", r"D: rate too high", r"wrong label \(\d\d%\)"],
    "9_convolution": [r"an edge detector", r"dkernel\[0\]\[1\] = .* -3", r"They agree", r"^windows +2,826 numbers", r"= 97,344; the layer says 97,344"],
    "10_deep_networks": [r"= 0\.0000010", r"^sigmoid +first layer .* share that arrives \de-0[5-9]", r"become -0\.9995 and \+0\.9995", r"^sigmoid, normalized +right on (9\d|100)%"],
    "11_counting": [r"^it counts the ones", r"dw = -6, du = -8\. They agree", r"counted right: (9\d|100)%", r"climbs at every 1 and stays at every 0"],
    "12_attention": [r"= 10\.19$", r"They agree", r"off by 0\.0\d+ on average", r"^12 of 12 questions"],
    "article": [r"the file has 8,\d\d\d,\d\d\d", r"2 epochs were 750 cycles", r"relu +makes of -5, 0\.5, 5: .* 5\.0000", r"all their examples: [01]\.\d{4}", r"^an epoch of 60,000 examples +88,050,720,000", r"│ def gradients\("],
}  # fmt: skip


def run(*words: object, cwd: Path) -> subprocess.CompletedProcess:
    """Runs Python on some words in a process of its own."""
    return subprocess.run(
        [sys.executable, *map(str, words)], capture_output=True, text=True, cwd=cwd, timeout=280,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def test_there_are_thirteen_lessons() -> None:
    """The thirteen of the list, in its order, and each is known here."""
    assert [path.stem for path in LESSONS] == list(SEEN)


# The long ones first, so that two processes end at about the same time.
@pytest.mark.parametrize(
    "path", sorted(LESSONS, key=lambda path: path.name[:2] not in ("6_", "7_", "8_")), **by_name
)
def test_a_lesson_runs_and_shows_what_it_claims(path, tmp_path) -> None:
    """It ends without an error or a warning, prints its key lines, and writes its pictures where it was told, nothing else."""
    pictures, home = tmp_path / "pictures", tmp_path / "home"
    home.mkdir()
    done = run(path, pictures, cwd=home)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Warning" not in done.stderr
    for pattern in SEEN[path.stem]:
        assert re.search(pattern, done.stdout, re.MULTILINE), pattern
    result = re.findall(r"^\[picture: (.*)\]$", done.stdout, re.MULTILINE)
    assert sorted(map(Path, result)) == sorted(pictures.iterdir())
    assert len(result) == path.read_text().count("\nshow(")
    assert all(Path(picture).read_bytes().startswith(b"\x89PNG") for picture in result)
    assert list(home.iterdir()) == []


def test_without_matplotlib_a_lesson_says_so_once_and_goes_on(tmp_path) -> None:
    """All but the pictures is there, and the line that installs what is missing."""
    code = (
        "import sys, runpy; sys.modules['matplotlib'] = None; "
        f"runpy.run_path({str(LESSONS[2])!r}, run_name='__main__')"
    )
    done = run("-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("(No pictures") == 1
    assert 'pip install "chainrule[plot]"' in done.stdout
    assert "— Exercise —" in done.stdout
    assert "[picture:" not in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("default")  # a command prints them
def test_a_lesson_can_be_read_cell_by_cell(tmp_path, monkeypatch, capsys) -> None:
    """`chainrule lesson 2` shows the text, the code and what it prints, in the order of the file, and fits the terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["lesson", "2", "--run", "--pictures", "pictures"]) == 0
    result = capsys.readouterr().out
    words = (
        "# 2. How wrong?",
        "│ truth = np.array",
        "— 1. Errors cancel",
        "## Exercise",
        "No answer yet",
        "who says 70%",
    )
    at = [result.index(word) for word in words]
    assert at == sorted(at)
    assert [line for line in result.splitlines() if len(line) > 80 and not line.startswith("[picture")] == []
    assert len(list((tmp_path / "pictures").iterdir())) == 2
    assert main(["lesson", "13"]) == 2
    assert "no lesson '13'" in capsys.readouterr().err


def test_lessons_are_listed_and_written(tmp_path, monkeypatch, capsys) -> None:
    """`chainrule lesson` lists them; --notebook and --script write one, and keep a file that is there."""
    monkeypatch.chdir(tmp_path)
    assert main(["lesson"]) == 0
    result = capsys.readouterr().out
    assert all(path.stem in result for path in LESSONS)
    assert main(["lesson", "article", "--notebook", "a.ipynb", "--script", "a.py"]) == 0
    nbformat.validate(nbformat.read("a.ipynb", 4))
    assert Path("a.py").read_text() == (TEXTS / "article.py").read_text()
    assert main(["lesson", "1", "--notebook", "a.ipynb"]) == 2
    assert "is there already and is kept" in capsys.readouterr().err
    assert main(["lesson", "1", "--notebook", "a.txt"]) == 2


def test_an_exercise_says_whether_an_answer_is_right(capsys) -> None:
    """A reader who types is told: not yet with a hint, right, or what cannot be read; Enter shows the solution."""
    cell = "# %%\nanswer = None  # yours\ncheck(answer, lambda it: it == 4, hint='two and two')\nprint('after', answer)"
    typed = iter(["5", "(", "'x", "4"])
    lines: list[str] = []
    names = {"check": check}
    reader.answered(cell, "x", names, lines.append, lambda _: next(typed))
    text = "\n".join(lines)
    assert [
        word for word in ("Not yet: two and two", "cannot be read", "Right.", "after 4") if word not in text
    ] == []
    lines.clear()
    reader.answered(cell, "x", names, lines.append, lambda _: "")
    assert lines == ["No answer yet: the solution is below.", "after None"]


@pytest.mark.parametrize("path", LESSONS, **by_name)
def test_every_exercise_checks_an_answer(path) -> None:
    """Each has a question that the reader answers, with a hint; the form that it names is taken and is not the solution."""
    question = next(
        content for kind, content in reader.cells(path.read_text()) if reader.QUESTION.search(content)
    )
    assert "check(" in question
    assert "hint=" in question
    assert re.search(r"^answer = None  # yours, such as .+: .+", question, re.MULTILINE)


def test_no_picture_is_overwritten(tmp_path, monkeypatch) -> None:
    """The same picture again is the same file; another one by that name gets a number."""
    monkeypatch.setenv("LESSON_PICTURES", str(tmp_path))
    first = pictures.saved(pictures.lines([0, 1], {"a": [0, 1]}), "line")
    kept = first.read_bytes()
    assert pictures.saved(pictures.lines([0, 1], {"a": [0, 1]}), "line") == first
    second = pictures.saved(pictures.lines([0, 1], {"a": [1, 0]}), "line")
    assert second == tmp_path / "line-2.png"
    assert first.read_bytes() == kept
    assert sorted(tmp_path.iterdir()) == [second, first]


@pytest.mark.parametrize("path", LESSONS, **by_name)
def test_a_notebook_can_be_made(path) -> None:
    """Ours and jupytext's are valid notebooks whose cells are the cells of the file, as written; it begins with the title."""
    text = path.read_text()
    notebook = jupytext.reads(text, fmt="py:percent")
    nbformat.validate(notebook)
    ours = nbformat.reads(reader.notebook(text), 4)
    nbformat.validate(ours)
    assert [(cell.cell_type, cell.source.strip()) for cell in ours.cells] == [
        (cell.cell_type, cell.source.strip()) for cell in notebook.cells
    ]
    kinds = [
        "markdown" if "[markdown]" in head else "code" for head in re.findall(r"^# %%.*", text, re.MULTILINE)
    ]
    assert [cell.cell_type for cell in notebook.cells] == kinds
    number = path.stem.partition("_")[0]
    assert notebook.cells[0].source.startswith(f"# {number}. " if number.isdigit() else "# ")
    pieces = re.split(r"^# %%.*\n", text, flags=re.MULTILINE)[1:]
    for cell, piece in zip(notebook.cells, pieces, strict=True):
        expected = re.sub(r"^# ?", "", piece, flags=re.MULTILINE) if cell.cell_type == "markdown" else piece
        assert cell.source.strip() == expected.strip()


@pytest.mark.parametrize("path", LESSONS, **by_name)
def test_a_lesson_asks_and_answers(path) -> None:
    """It asks to predict, ends with an exercise whose solution is asserted, and says nothing it does not check."""
    text = path.read_text()
    assert text.count("**Predict before you run:**") >= 2
    assert text.count("# ## Exercise\n") == 1
    solution = text[text.index("# ## Exercise\n") :]
    assert "\nassert " in solution
    assert 'print("\\n— Exercise —")' in solution
    assert text.count("assert ") >= 5


@pytest.mark.parametrize("path", [*LESSONS, *HELPERS], **by_name)
def test_lines_fit_a_screen(path) -> None:
    """No line is longer than 118 characters."""
    assert max(map(len, path.read_text().splitlines())) <= 118


# ── public names ─────────────────────────────────────────────────────────────────────────────────────────────────


def dotted(node: ast.AST) -> list[str]:
    """a.b.c as ["a", "b", "c"]; [] for anything else."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return [*before, node.attr]
    return []


def not_public(source: str) -> list[str]:
    """The names that a program takes from Chainrule though they are not offered."""
    tree, known, found = ast.parse(source), {}, []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {
                alias.asname or alias.name: chainrule for alias in node.names if alias.name == "chainrule"
            }
            found += [alias.name for alias in node.names if alias.name.startswith("chainrule.")]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "chainrule":
            module = importlib.import_module(node.module)
            if not all(offered(chainrule, part) for part in node.module.split(".")[1:2]):
                found.append(node.module)
            for alias in node.names:
                if offered(module, alias.name):
                    known[alias.asname or alias.name] = getattr(module, alias.name)
                else:
                    found.append(f"{node.module}.{alias.name}")
        elif isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            found.append(node.attr)
    for node in ast.walk(tree):
        first, *names = dotted(node) or [""]
        thing = known.get(first)
        for name in names:
            if not hasattr(
                thing, "__spec__"
            ):  # no module any more: its attributes are judged by their first letter
                break
            if not offered(thing, name):
                found.append(f"{thing.__name__}.{name}")
                break
            thing = getattr(thing, name)
    return sorted(set(found))


def offered(module, name: str) -> bool:
    """Whether a module says that a name is for everybody: `__all__`, or defined there without an underscore."""
    if name.startswith("_") or not hasattr(module, name):
        return False
    if hasattr(module, "__all__"):
        return name in module.__all__
    value = getattr(module, name)
    return getattr(value, "__module__", module.__name__) == module.__name__ or hasattr(value, "__spec__")


@pytest.mark.parametrize("path", [*LESSONS, *HELPERS], **by_name)
def test_a_lesson_uses_public_names_only(path) -> None:
    """What a lesson shows, a reader may use."""
    assert not_public(path.read_text()) == []


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("import chainrule as cr\ncr.layers.Dense(1)._built", "_built"),
        ("import chainrule as cr\ncr.layers.dense.Dense(1)", "chainrule.layers.dense"),
        ("from chainrule import stack", "chainrule.stack"),
        ("from chainrule.engine.numpy_engine import NumpyEngine", "chainrule.engine.numpy_engine"),
        ("from chainrule.plots import axes", "chainrule.plots.axes"),
        ("import chainrule.engine.numpy_engine", "chainrule.engine.numpy_engine"),
    ],
)
def test_a_private_name_would_be_noticed(line, name) -> None:
    """The search finds what it is there for."""
    assert name in not_public(line)


def test_the_list_names_every_lesson() -> None:
    """lessons/README.md has a row for each, with how long it takes, and the README of the project leads there."""
    page = (FOLDER / "README.md").read_text()
    for path in LESSONS:
        assert re.search(
            rf"^\| \[{re.escape(path.name)}\]\(texts/{re.escape(path.name)}\) \| .+ \| \d+ \|$",
            page,
            re.MULTILINE,
        ), path.name
    assert "lessons/README.md" in (Path(__file__).parents[2] / "README.md").read_text()
