"""The OpenAPI document is true: schemathesis asks everything it can think of, seeded, and every answer is as documented."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from requests_of import tensor

EXAMPLES = "25"  # for each address and phase


def test_schemathesis_finds_nothing(start, files, tmp_path) -> None:
    """All phases: examples, coverage, fuzzing, stateful. No crash, no undocumented status, type or body.

    Left out is the check that whatever fits the schema is accepted: whether a tensor fits a model is not in the schema.
    """
    server = start(files / "small.keras", files / "digits.keras", "--no-access-log")
    command = shutil.which(
        "schemathesis", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )
    assert command, "schemathesis is needed"
    words = [command, "run", f"{server.url}/openapi.json", "--phases", "examples,coverage,fuzzing,stateful", "--seed", "1", "-n", EXAMPLES,
             "--exclude-checks", "positive_data_acceptance", "--no-color", "--request-timeout", "20", "--generation-database", "none"]  # fmt: skip
    done = subprocess.run(
        words, capture_output=True, text=True, cwd=tmp_path, check=False, env=os.environ | {"NO_PROXY": "*"}
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert server.client.post("/v2/models/small/infer", json=tensor(np.zeros((1, 4)))).status_code == 200
    assert "Something unforeseen" not in server.log()


def test_the_document_names_every_address(ask) -> None:
    """What the document lists is there, and only with a token is one asked for."""
    document = ask.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "security" not in document
    for path, methods in document["paths"].items():
        asked = path.replace("{name}", "small").replace("{version}", "1")
        for method in methods:
            assert ask.request(method.upper(), asked).status_code not in (404, 405) or asked == "/predict"
