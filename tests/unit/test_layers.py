"""The direction of imports, and who may import what."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "assistant"

# Each layer may import from itself and from those above it in this list.
LAYERS = [
    {
        "errors",
        "types",
        "settings",
        "bundled",
        "offline",
        "facts",
        "streaming",
        "admission",
        "fields",
        "location",
        "tracing",
    },
    {"splitting", "corpus", "prompts"},
    {"models"},
    {"index"},
    {"ingestion"},
    {"syncing", "articles"},
    {"retrieval"},
    {"answering"},
    {"assistant"},
    {"doctor", "terminal"},
    {"web"},
    {"server"},
    {"cli", "__main__", "__init__"},
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
ONLY_IN = {"chromadb": "index", "tantivy": "index", "typer": "cli", "xllamacpp": "models"}
ONLY_IN |= {"gradio": "web", "fastapi": "server", "mcp": "server", "structlog": "server"}
ONLY_IN |= {"ray": "ingestion", "fsspec": "corpus", "s3fs": "corpus", "gcsfs": "corpus"}
ONLY_IN |= {"opentelemetry": "tracing"}
HEAVY = ["torch", "sentence_transformers", "chromadb", "langchain_core", "numpy", "tantivy"]
HEAVY += ["gradio", "fastapi", "uvicorn", "pandas", "ray", "fsspec", "opentelemetry"]


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            if node.module == "assistant":
                found |= {f"assistant.{alias.name}" for alias in node.names}
    return found


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "_bundled" not in path.parts)


def test_every_module_has_a_layer() -> None:
    assert {room_of(path) for path in modules()} == set(RANK)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards_only(path: Path) -> None:
    room = room_of(path)
    for name in imported(path):
        if name.startswith("assistant."):
            other = name.split(".")[1]
            if other in RANK and room != "__init__":
                assert RANK[other] <= RANK[room], f"{room} imports {name}"


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "web").rglob("*.py")), ids=lambda path: path.stem
)
def test_the_web_chat_knows_the_assistant_and_no_part_that_it_is_made_of(path: Path) -> None:
    known = {"web", "assistant", "doctor", "admission", "streaming", "types", "settings", "errors"}
    used = {name.split(".")[1] for name in imported(path) if name.startswith("assistant.")}
    assert used <= known


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_engines_are_imported_in_their_own_room_only(path: Path) -> None:
    for name in imported(path):
        owner = ONLY_IN.get(name.split(".")[0])
        assert owner is None or owner == room_of(path), f"{path} imports {name}"


@pytest.mark.parametrize("module", ["assistant", "assistant.cli"])
def test_importing_it_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
