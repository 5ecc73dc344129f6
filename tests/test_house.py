"""The house: data flows one way. Read from the sources, so that a new import is held to it too."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import charnn

HOME = Path(charnn.__file__).parent
FILES = sorted(HOME.rglob("*.py"))

# What each part may import of the others.
LEAVES = {"errors", "families", "shipped", "atomic", "scratch", "yaml_document", "sections", "config", "picture"}
ALLOWED: dict[str, set[str]] = {
    "text": LEAVES,
    "ngrams": LEAVES | {"text"},
    "cells": LEAVES,
    "native": LEAVES | {"cells"},
    "bptt": LEAVES | {"cells", "native"},
    "output": LEAVES | {"native"},
    "model": LEAVES | {"bptt", "cells", "output"},
    "initialisation": LEAVES | {"model"},
    "devices": LEAVES,
    "tensor_file": LEAVES,
    "weights": LEAVES | {"model", "tensor_file"},
    "runs": LEAVES | {"text", "model", "tensor_file", "weights"},
    "places": LEAVES | {"runs"},
    "overview": LEAVES | {"runs"},
    "sampling": LEAVES | {"text", "model", "native"},
    "evaluation": LEAVES | {"text", "model", "runs"},
    "training": LEAVES
    | {
        "text",
        "model",
        "initialisation",
        "devices",
        "native",
        "output",
        "bptt",
        "weights",
        "runs",
        "places",
        "sampling",
        "evaluation",
        "tensor_file",
    },
    "interchange": LEAVES | {"text", "cells", "model", "tensor_file", "weights", "runs", "places"},
    "inspecting": LEAVES
    | {
        "text",
        "cells",
        "bptt",
        "model",
        "initialisation",
        "devices",
        "tensor_file",
        "weights",
        "runs",
        "places",
        "overview",
        "sampling",
        "evaluation",
        "training",
    },
    "benchmarking": LEAVES
    | {"text", "ngrams", "model", "initialisation", "bptt", "training", "cells", "places", "sampling", "native"},
}
WITHOUT_TORCH = ("text", "ngrams", "bptt/plan", "bptt/strategies", "bptt/__init__", "training/schedules", *LEAVES)


def part_of(file: Path) -> str:
    return file.relative_to(HOME).parts[0].removesuffix(".py")


def imports(file: Path, *, run_at_import: bool = False) -> set[str]:
    """Dotted names that a file imports (anywhere, or only when it is itself imported)."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    nodes = _at_import(tree) if run_at_import else list(ast.walk(tree))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


def _at_import(tree: ast.Module) -> list[ast.stmt]:
    return [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(HOME)))
def test_imports_go_one_way(file: Path) -> None:
    part = part_of(file)
    own = {name.split(".")[1] for name in imports(file) if name.startswith("charnn.")}
    if part in LEAVES:
        assert own <= LEAVES
    elif part in ALLOWED:
        assert own <= ALLOWED[part] | {part}
    else:
        assert part in ("cli", "__init__", "__main__"), f"{part} has no place in the house yet"
    assert "cli" not in own or part in ("cli", "__main__")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(HOME)))
def test_what_should_not_need_torch_does_not_import_it(file: Path) -> None:
    place = str(file.relative_to(HOME)).removesuffix(".py")
    roots = {name.split(".")[0] for name in imports(file)}
    if place.startswith(WITHOUT_TORCH):
        assert "torch" not in roots
    if part_of(file) == "cli":
        at_import = imports(file, run_at_import=True)
        assert not {"torch", "numpy", "pydantic"} & {name.split(".")[0] for name in at_import}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["-h"], ["--version"], ["train", "--help"], ["bench", "train", "-h"]]
)
def test_help_and_version_never_import_torch(arguments: list[str]) -> None:
    code = (
        "import sys; from charnn.cli import main; sys.argv = ['charnn', *sys.argv[1:]]\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "heavy = {'torch', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_importing_charnn_imports_next_to_nothing() -> None:
    code = "import sys, charnn; assert not {'torch', 'numpy', 'pydantic', 'yaml', 'rich'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
