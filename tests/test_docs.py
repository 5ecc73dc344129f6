"""The documentation is true: its Python runs and prints what it shows, its commands parse, its site builds."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from charnn.cli import build

HOME = Path(__file__).parent.parent
PAGES = [HOME / "README.md", *sorted((HOME / "docs").glob("*.md"))]
MODULES = (
    "charnn.interface.opened",
    "charnn.interface.training",
    "charnn.ngrams",
    "charnn.ngrams.fitted",
    "charnn.nn",
    "charnn.nn._layers",
    "charnn.nn.gru",
    "charnn.nn.lstm",
    "charnn.nn.rnn",
    "charnn.nn.simple_gru",
)
OPTIONS = doctest.ELLIPSIS


def commands() -> Iterator[tuple[str, str]]:
    """The commands that stand in blocks of code, each with its page."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8").replace("\\\n", " ")
        for line in re.findall(r"^ {4}(?:\$ )?(charnn [^\n]*)$", text, re.MULTILINE):
            yield page.name, line.partition(" #")[0].replace("[", "").replace("]", "")


COMMANDS = list(dict.fromkeys(commands()))


@pytest.mark.parametrize(("page", "line"), COMMANDS, ids=[f"{page}: {line}"[:80] for page, line in COMMANDS])
def test_every_command_that_is_shown_parses(page: str, line: str) -> None:
    command, rest = get_command(build()), shlex.split(re.split(r" [|>&] ", line)[0])[1:]
    while below := getattr(command, "commands", None):
        command, rest = below[rest[0]], rest[1:]
    command.make_context(command.name, list(rest))


def test_the_python_of_the_pages_prints_what_is_shown() -> None:
    found = 0
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        if ">>> " not in text:
            continue
        failed, tried = doctest.testfile(str(page), module_relative=False, optionflags=OPTIONS, encoding="utf-8")
        assert not failed, page.name
        found += tried
    assert found > 20


@pytest.mark.parametrize("name", MODULES)
def test_the_python_of_the_docstrings_prints_what_is_shown(name: str) -> None:
    assert not doctest.testmod(importlib.import_module(name), optionflags=OPTIONS).failed


def test_the_notebook_runs() -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    notebook = nbformat.read(HOME / "docs" / "lecture.ipynb", as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in shown if output["output_type"] == "error"]
    assert any("'hello'" in output.get("data", {}).get("text/plain", "") for output in shown)


@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="mkdocs is not installed")
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}  # the theme's news
    done = subprocess.run(command, cwd=HOME, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    keys = (tmp_path / "site/keys/index.html").read_text(encoding="utf-8")
    assert "recurrent_dropout" in keys
    assert "OpenRun" in (tmp_path / "site/python-reference/index.html").read_text(encoding="utf-8")
