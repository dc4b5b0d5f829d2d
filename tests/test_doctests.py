"""Every example in a docstring runs and prints what it says."""

import doctest
import importlib
import pkgutil

import pytest

import chainrule

MODULES = sorted(
    found.name
    for found in pkgutil.walk_packages(chainrule.__path__, "chainrule.")
    if found.name != "chainrule.__main__"
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name, tmp_path, monkeypatch) -> None:
    """What a docstring shows is what happens; nothing is left lying around."""
    module = importlib.import_module(name)
    monkeypatch.chdir(tmp_path)
    lines: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for example in doctest.DocTestFinder(exclude_empty=True).find(module, name):
        runner.run(example, out=lines.append)
    assert runner.failures == 0, "".join(lines)
    assert not list(tmp_path.iterdir())
