"""List the recipes that ship with charnn, print one, or tell the keys of a configuration."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from charnn.cli._shared.options import Json, complete_recipe
from charnn.cli._shared.terminal import write, write_json
from charnn.configuration.shipped import header_of, shipped_files
from charnn.errors import UsageError, one_of

_SENTENCE = re.compile(r".*?[.](?= |$)")


def command(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="The recipe to print; all are listed if none is named.",
            autocompletion=complete_recipe,
        ),
    ] = None,
    keys: Annotated[
        str | None,
        typer.Option(
            "--keys", metavar="SECTION", help="Tell the keys of a section, such as train; all, of every section."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """List the recipes that ship with charnn: what each is started with, how long it takes and what it reaches.

    With a name, print that recipe: `charnn recipes hello > mine.yaml` is a configuration to change.
    """
    if keys is not None:
        if name is not None:
            raise UsageError("--keys tells of sections, and not of a recipe: leave one of them out")
        _tell_keys(keys, json=json)
        return
    recipes = {path.stem: path for path in shipped_files("configs")}
    if name is not None and name not in recipes:
        raise UsageError(f"no recipe `{name}`{one_of(name, list(recipes))}")
    if name is not None:
        path = recipes[name]
        if json:
            write_json({**_document(path), "text": path.read_text(encoding="utf-8")})
        else:
            write(path.read_bytes())
    elif json:
        write_json([_document(path) for path in recipes.values()])
    else:
        write("\n".join(_entry(path) for path in recipes.values()))


def _tell_keys(section: str, *, json: bool) -> None:
    """Every key of a section, or of all: its values, its default and its meaning."""
    from charnn.configuration.reference import reference

    groups = list(reference())
    sections = list(dict.fromkeys(group.section for group in groups))
    if section not in (*sections, "all"):
        raise UsageError(f"no section `{section}`{one_of(section, [*sections, 'all'])}")
    groups = [group for group in groups if section in (group.section, "all")]
    if json:
        write_json([asdict(group) for group in groups])
        return
    for group in groups:
        write(f"{group.section}{', ' if group.where else ''}{group.where}\n")
        for entry in group.entries:
            default = f"; {entry.default}" if entry.default else ""
            write(f"    {entry.key} ({entry.values}{default})\n        {entry.meaning}\n")


def _document(path: Path) -> dict[str, Any]:
    return {"name": path.stem, "path": str(path), "header": header_of(path)}


def _entry(path: Path) -> str:
    """The name of a recipe, and below it the command and the first sentence of its header."""
    command, *rest = header_of(path)
    sentence = _SENTENCE.match(" ".join(rest))
    return f"{path.stem}\n    {command}\n    {sentence[0] if sentence else ''}\n"
