"""What mkdocs adds to docs/: the README as the first page, and the reference, made of schemas, help and docstrings.

Nothing that stands there is written twice: keys are told below themselves in the schema, commands in their help, and
functions in their docstrings.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

HOME = Path(__file__).parent.parent

PYTHON = """# Python, in full

[How it is used](python.md), with examples.

::: charnn.interface.opened.open_run
::: charnn.interface.training.train
::: charnn.interface.opened.OpenRun
::: charnn.interface.opened.TextScore
::: charnn.ngrams.fit
::: charnn.ngrams.fitted.FittedModel
::: charnn.nn
    options: {members: false}
::: charnn.nn.LSTM
::: charnn.nn.RNN
::: charnn.nn.GRU
::: charnn.nn.SimpleGRU
::: charnn.nn._layers.Layers
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made."""
    made = {
        "index.md": _from_home("README.md"),
        "changes.md": _from_home("CHANGELOG.md"),
        "keys.md": keys(),
        "commands.md": commands(),
        "python-reference.md": PYTHON,
    }
    for name, content in made.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Name the sources that a page links to: they are in the repository, and not on the site."""
    return re.sub(r"\[([^\]]+)\]\(\.\./[^)]+\)", r"\1", markdown)


def _from_home(name: str) -> str:
    """A page that lies beside docs/, with its links as they are from within."""
    text = (HOME / name).read_text(encoding="utf-8")
    return text.replace("](docs/", "](").replace("](CHANGELOG.md)", "](changes.md)")


def keys() -> str:
    """A table of the keys of each section, and of each part that a section chooses."""
    from charnn.configuration.reference import reference

    parts = ["# Every key\n", "The keys of a [configuration](configuration.md), as the schema has them."]
    section = ""
    for group in reference():
        if group.section != section:
            section = group.section
            parts.append(f"\n## {section}\n")
        if group.where:
            parts.append(f"\n### {section}: {group.where.replace(': ', ' ')}\n")
        rows = [f"| `{one.key}` | {one.values} | {one.default} | {one.meaning} |" for one in group.entries]
        head = ["| key | values | default | meaning |", "|---|---|---|---|"]
        parts += [*head, *rows] if rows else ["No keys of its own."]
    return "\n".join(parts) + "\n"


def commands() -> str:
    """The help of each command."""
    from typer.main import get_command

    from charnn.cli import build

    parts = ["# Every command\n", "What `-h` says of each of them; the [first page](index.md) has an overview.\n"]
    for name, command in _commands(get_command(build()), "charnn"):
        arguments = [one for one in command.params if one.param_type_name == "argument"]
        usage = " ".join([name, "[OPTIONS]", *(one.metavar or one.name.upper() for one in arguments)])
        parts += [f"## {name}\n", f"    {usage}\n", f"{inspect.cleandoc(command.help or '')}\n"]
        options = [one for one in command.params if one.param_type_name == "option" and one.name != "help"]
        rows = [f"| {_names(one)} | {(one.help or '').replace('|', '&#124;')} |" for one in options]
        parts.append("\n".join(["| option | |", "|---|---|", *rows]) + "\n" if rows else "")
    return "\n".join(parts)


def _names(option: Any) -> str:
    return ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    for one, below in sorted(getattr(command, "commands", {}).items()):
        if hasattr(below, "commands"):
            yield from _commands(below, f"{name} {one}")
        else:
            yield f"{name} {one}", below
