"""The house: what lies where, and data that flows one way. Read from the sources, so that new files are held to it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import charnn

HOME = Path(charnn.__file__).parent
FILES = sorted(HOME.rglob("*.py"))
MOST_FILES = 12

# The folders from the ground up: each may import those before it, and no other. Leaves import no folder but leaves.
LEAVES = ("configuration", "storage", "data")
STOREYS = (
    *LEAVES,
    "cells",
    "kernels",
    "inference",
    "bptt",
    "nn",
    "batches",
    "networks",
    "runs",
    "evaluation",
    "generation",
    "ngrams",
    "mixture",
    "tasks",
    "training",
    "interchange",
    "benchmarking",
    "analysis",
    "experiments",
    "interface",
    "cli",
)
# What a folder needs of those before it, so that a new arrow is noticed.
ARROWS: dict[str, set[str]] = {
    "configuration": set(),
    "storage": set(),
    "data": {"configuration", "storage"},
    "cells": {"configuration"},
    "kernels": set(),
    "inference": {"configuration", "storage", "cells", "kernels"},
    "bptt": {"configuration", "cells", "kernels"},
    "nn": {"configuration", "cells", "bptt"},
    "batches": {"bptt", "data"},
    "networks": {"configuration", "storage", "cells", "kernels", "inference", "bptt", "batches"},
    "runs": {"configuration", "storage", "data", "evaluation"},
    "evaluation": {"data", "inference", "bptt", "batches", "networks"},
    "generation": {"data", "kernels", "inference", "bptt", "batches", "networks"},
    "ngrams": {"configuration", "storage", "data", "evaluation"},
    "mixture": {
        *("configuration", "storage", "data", "kernels", "inference", "networks", "evaluation", "generation", "ngrams"),
        "runs",
    },
    "tasks": {
        *("configuration", "data", "inference", "bptt", "batches", "networks", "evaluation", "generation", "ngrams"),
        *("mixture", "runs"),
    },
    "training": {
        *("configuration", "storage", "data", "kernels", "bptt", "batches", "networks", "evaluation", "runs", "tasks"),
    },
    "interchange": {"configuration", "storage", "data", "cells", "networks", "runs", "tasks"},
    "benchmarking": {
        *("configuration", "data", "cells", "kernels", "bptt", "nn", "batches", "networks", "generation", "ngrams"),
        *("runs", "mixture", "training", "tasks"),
    },
    "analysis": {
        *(
            "configuration",
            "storage",
            "data",
            "cells",
            "inference",
            "bptt",
            "batches",
            "networks",
            "evaluation",
            "generation",
            "runs",
        ),
        *("mixture", "tasks"),
    },
    "experiments": {"configuration", "storage", "data", "runs", "training", "analysis"},
    "interface": {
        *(
            "configuration",
            "data",
            "evaluation",
            "generation",
            "inference",
            "networks",
            "runs",
            "mixture",
            "tasks",
            "training",
            "analysis",
        ),
    },
}
WITHOUT_TORCH = (
    *("configuration", "data", "ngrams", "bptt/plan", "bptt/strategies", "bptt/__init__", "training/schedules"),
    *(
        "training/observers/__init__",
        "training/advice",
        "training/timetable",
        "evaluation/measures",
        "evaluation/labels",
        "evaluation/answers",
        "evaluation/examples",
        "experiments",
        "generation/beams",
        "generation/choice",
        "generation/mixing",
        "inference",
        "kernels/sampler",
        "storage/atomic",
        "storage/fitting",
        "storage/scratch",
    ),
    *("runs/layout", "runs/logs", "runs/overview", "runs/places"),
)

# These import it only in functions that are given tensors, or for type checkers.
TORCH_WHEN_CALLED = (
    *("cells/", "training/optimizers", "tasks/", "evaluation/score", "evaluation/reading", "storage/tensor_file"),
    *("generation/streams", "generation/texts", "generation/answering", "networks/reading/__init__"),
    *("kernels/library", "kernels/structures", "kernels/threads", "runs/run"),
    *("mixture/kept", "mixture/labels", "mixture/reader", "mixture/stored", "mixture/writer"),
)


def folder_of(file: Path) -> str:
    return file.relative_to(HOME).parts[0].removesuffix(".py")


def imports(file: Path, *, at_import: bool = False) -> Iterator[str]:
    """The dotted names that a file imports: anywhere, for type checkers too, or only when it is itself imported."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in _walk(tree, everything=not at_import):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _walk(node: ast.AST, *, everything: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        for_checkers = (
            isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING"
        )
        if everything or not (for_checkers or isinstance(child, ast.FunctionDef)):
            yield child
            yield from _walk(child, everything=everything)


def test_only_folders_lie_at_the_top() -> None:
    loose = {path.name for path in HOME.iterdir() if path.is_file()}
    assert loose == {"__init__.py", "__main__.py", "errors.py", "py.typed"}
    assert {path.name for path in HOME.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(STOREYS)


def test_no_folder_holds_more_than_a_dozen_files() -> None:
    for folder in (HOME, *(path for path in HOME.rglob("*") if path.is_dir() and path.name != "__pycache__")):
        files = [path.name for path in folder.iterdir() if path.suffix in (".py", ".cpp", ".hpp")]
        assert len({*files} - {"__init__.py"}) <= MOST_FILES, folder


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(HOME)))
def test_imports_go_one_way(file: Path) -> None:
    folder = folder_of(file)
    others = {name.split(".")[1] for name in imports(file) if name.startswith("charnn.")} - {folder, "errors"}
    others -= {"__version__"}
    if folder == "__init__":
        assert others <= {"interface", "ngrams", "nn"}  # for type checkers, and when they are asked for
    elif folder == "errors":
        assert not others
    elif folder in ("cli", "__main__"):
        assert others <= {*STOREYS}
    else:
        assert others <= ARROWS[folder]


def test_the_arrows_make_no_circle() -> None:
    order = list(TopologicalSorter(ARROWS).static_order())
    assert len(order) == len(STOREYS) - 1
    for leaf in LEAVES:
        assert ARROWS[leaf] <= {*LEAVES}


def test_no_two_files_import_each_other() -> None:
    """Not even in one folder, nor for type checkers alone."""
    names = {".".join(file.relative_to(HOME.parent).with_suffix("").parts).removesuffix(".__init__") for file in FILES}
    graph = {}
    for file in FILES:
        own = ".".join(file.relative_to(HOME.parent).with_suffix("").parts).removesuffix(".__init__")
        graph[own] = {name for name in imports(file) if name in names} - {own}
    TopologicalSorter(graph).prepare()


def test_only_tasks_and_the_command_line_bring_networks_and_n_grams_together() -> None:
    both = {
        folder
        for folder, arrows in ARROWS.items()
        if "ngrams" in arrows and {"networks", "tasks", "generation"} & arrows
    }
    # A benchmark of each lies next to the other; a mixture is what has both.
    assert both == {"mixture", "tasks", "benchmarking"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(HOME)))
def test_what_should_not_need_torch_does_not_import_it(file: Path) -> None:
    place = str(file.relative_to(HOME)).removesuffix(".py")
    if place.startswith(WITHOUT_TORCH):
        assert "torch" not in {name.split(".")[0] for name in imports(file)}
    at_import = {name.split(".")[0] for name in imports(file, at_import=True)}
    if folder_of(file) == "cli":
        assert not {"torch", "numpy", "pydantic"} & at_import
    if place.startswith(TORCH_WHEN_CALLED) and not file.name.startswith("_module"):
        assert "torch" not in at_import


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
