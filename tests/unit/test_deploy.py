"""What deploys the assistant names settings and options that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.main import get_command

from assistant.cli import app
from assistant.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
FILES = ["Dockerfile", "compose.yaml", "article-assistant.service"]


def serve_options() -> set[str]:
    command = get_command(app).commands["serve"]  # type: ignore[attr-defined]
    return {name for option in command.params for name in option.opts}


def needed(requirements: Iterable[Requirement]) -> set[str]:
    """Return the names of the packages that pip would install for these."""
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    left = [(requirement, "") for requirement in requirements]
    while left:
        requirement, of_extra = left.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": of_extra}):
            continue
        name = canonicalize_name(requirement.name)
        found.add(name)
        for extra in {"", *requirement.extras} - {e for n, e in seen if n == name}:
            seen.add((name, extra))
            left += [(Requirement(line), extra) for line in metadata.requires(name) or ()]
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_setting_is_one(name: str) -> None:
    named = set(re.findall(r"ASSISTANT_[A-Z_]+", (DEPLOY / name).read_text()))
    assert named
    assert named <= {f"ASSISTANT_{field.upper()}" for field in Settings.model_fields}


@pytest.mark.parametrize("name", FILES)
def test_every_option_of_serve_is_one(name: str) -> None:
    lines = [
        line
        for line in (DEPLOY / name).read_text().splitlines()
        if re.match(r"(CMD \[\"serve|ExecStart=|    command: \[serve)", line)
    ]
    options = set(re.findall(r"--[a-z-]+", " ".join(lines)))
    assert options
    assert options <= serve_options()


def test_services_are_run_as_the_image_runs_and_go_by_their_names() -> None:
    (written,) = re.findall(
        r"^CMD (\[\"serve.*)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE
    )
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    for name in ("assistant", "replica"):
        command = services[name]["command"]
        at = command.index("--allowed-host")
        assert command[at + 1] == name
        assert command[:at] + command[at + 2 :] == yaml.safe_load(written)


def test_the_image_passes_the_linter() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [linter, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_image_has_the_pinned_packages_and_none_that_only_tests_need() -> None:
    image = (DEPLOY / "Dockerfile").read_text()
    assert "pip install --no-cache-dir --compile -c requirements.lock" in image
    (extras,) = re.findall(r"^ARG EXTRAS=(\S+)$", image, re.MULTILINE)
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())["project"]
    optional = project["optional-dependencies"]
    lists = [project["dependencies"], *(optional[extra] for extra in extras.split(","))]
    installed = needed(Requirement(line) for lines in lists for line in lines)
    lock = (DEPLOY.parent / "requirements.lock").read_text().splitlines()
    # pip leaves out its own tools when it lists what is installed.
    assert installed - {"setuptools"} <= {canonicalize_name(line.split("==")[0]) for line in lock}
    tools = {canonicalize_name(Requirement(line).name) for line in optional["dev"]}
    assert not installed & tools


def test_the_compose_file_keeps_to_loopback_and_drops_rights() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert set(services) == {"assistant", "replica", "chroma", "vllm"}
    ours = services["assistant"]
    assert ours["ports"] == ["127.0.0.1:7860:7860"]
    assert ours["cap_drop"] == ["ALL"]
    assert (
        DEPLOY.parent / "deploy" / ours["build"]["context"] / ours["build"]["dockerfile"]
    ).is_file()
    assert services["vllm"]["profiles"] == ["gpu"]


def test_the_chroma_server_of_the_compose_file_is_reached_by_the_assistants_only() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = compose["services"]
    assert "ports" not in services["chroma"]
    assert services["chroma"]["networks"] == ["vectors"]
    assert compose["networks"]["vectors"] == {"internal": True}
    assert {name for name, item in services.items() if "vectors" in item["networks"]} == {
        "assistant",
        "replica",
        "chroma",
    }
    replica = services["replica"]
    assert replica["environment"]["ASSISTANT_REPLICA"] == "true"
    assert all(port.startswith("127.0.0.1:") for port in replica["ports"])
    assert replica["cap_drop"] == ["ALL"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_the_unit_is_understood_by_systemd(tmp_path: Path) -> None:
    unit = tmp_path / "article-assistant.service"
    text = (DEPLOY / unit.name).read_text()
    unit.write_text(text.replace("/opt/assistant/bin/assistant", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
