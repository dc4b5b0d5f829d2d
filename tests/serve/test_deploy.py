"""The files under deploy/: a linter passes the container file, Kubernetes's schemas the manifest, and each says what serve understands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
BIN = Path(sys.executable).parent


def linted(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=120)


def test_the_container_file_passes_its_linter() -> None:
    """hadolint says nothing; the one rule that is left out has its reason beside it."""
    done = linted(BIN / "hadolint", "--no-color", DEPLOY / "Containerfile")
    assert (done.returncode, done.stdout) == (0, "")


def test_the_linter_would_say_something(tmp_path) -> None:
    """A container that runs as root from whatever is newest does not pass."""
    (tmp_path / "Containerfile").write_text("FROM python\nRUN cd /tmp && pip install chainrule\n")
    assert linted(BIN / "hadolint", tmp_path / "Containerfile").returncode != 0


def test_the_manifest_fits_kubernetes_s_schemas(tmp_path) -> None:
    """Strictly: no property that Kubernetes does not know. A mistyped one is noticed."""
    manifest = DEPLOY / "kubernetes.yaml"
    done = linted(BIN / "kubernetes-validate", "--strict", manifest)
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "wrong.yaml").write_text(manifest.read_text().replace("minReplicas", "leastReplicas"))
    assert linted(BIN / "kubernetes-validate", "--strict", tmp_path / "wrong.yaml").returncode != 0


@pytest.mark.parametrize("name", ["Containerfile", "kubernetes.yaml", "chainrule-serve.service"])
def test_deployments_say_what_serve_understands(name) -> None:
    """Every option, route and variable in them is one of the server's."""
    text = (DEPLOY / name).read_text()
    told = linted(sys.executable, "-m", "chainrule", "serve", "--help").stdout
    own = re.sub(r"podman.*|pip install.*|COPY.*|RUN.*|HEALTHCHECK --\S+ --\S+|sudo.*", "", text)
    for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", own):
        assert option in told, option
    source = "".join(file.read_text() for file in (DEPLOY.parent / "src/chainrule/server").glob("*.py"))
    for route in re.findall(r"/(?:v2/health/\w+|metrics)", text):
        assert route.rsplit("/", 1)[1] in source, route
    command = (DEPLOY.parent / "src/chainrule/cli/commands/serve.py").read_text()
    for variable in re.findall(r"CHAINRULE_[A-Z]+", text):
        assert f'"{variable}"' in command
