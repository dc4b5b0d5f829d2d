# What is done often. `just` lists it, if you have just; each line can be typed as well.

default:
    @just --list

# the tests that answer in ten seconds
tiny:
    pytest -q -n 0 tests/test_tiny.py

# the core tests
test:
    pytest

# linters and types
check:
    ruff check .
    mypy

# everything in fresh environments, as a change must pass it
ci *groups:
    bash .ci/run {{groups}}

# the pages that are written from the code
pages:
    python docs/reference.py
    python docs/cli.py

# whether learning still gives the same bits as an earlier commit
bits commit:
    python -m benchmarks.bits --against {{commit}}

# how much of the code the core tests run (floor: 90 %)
coverage:
    pytest -n 2 --cov=chainrule --cov-report=term --cov-fail-under=90
