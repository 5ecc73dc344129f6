"""The lecture is true: its commands exist, the cheap ones print what it shows, and all that it points at is there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.main import get_command

from charnn.cli import build
from tests.cli.conftest import Charnn
from tests.conftest import corpus_file

HOME = Path(__file__).parent.parent.parent
PAGE = HOME / "docs" / "lecture.md"
LARGEST_PICTURE = 80_000


class Shown(NamedTuple):
    """A command of the page, and the lines that stand below it."""

    arguments: list[str]
    output: list[str]


def shown() -> Iterator[Shown]:
    text = PAGE.read_text(encoding="utf-8").replace("\\\n", "")
    blocks = re.findall(r"^    \$ charnn (.*)\n((?:    (?!\$ ).*\n|\n(?=    ))*)", text, re.MULTILINE)
    for command, output in blocks:
        yield Shown(shlex.split(command), [line[4:].rstrip() for line in output.splitlines()])


COMMANDS = list(shown())
# These need no training: they are run for this test as they were for the page.
CHEAP = [each for each in COMMANDS if each.arguments[0] == "ngram-stats" or "--recurrent" in each.arguments]


def values_of(arguments: list[str], *options: str) -> list[str]:
    return [value for option, value in pairwise(arguments) if option in options]


def test_the_commands_were_found() -> None:
    assert len(COMMANDS) == PAGE.read_text(encoding="utf-8").count("$ charnn ") > 15
    assert len(CHEAP) >= 5


def test_every_command_parses_and_needs_only_what_ran_before() -> None:
    runs: set[str] = set()
    for arguments, _ in COMMANDS:
        command, rest = get_command(build()), arguments
        while commands := getattr(command, "commands", None):
            command, rest = commands[rest[0]], rest[1:]
        context = command.make_context(command.name, list(rest))
        configs = values_of(rest, "--config")
        assert all((HOME / "configs" / f"{name}.yaml").is_file() for name in configs)
        named = context.params.get("runs") or [context.params.get("run")]
        assert {name for name in named if name} <= runs
        if command.name == "train":
            runs |= {f"{name}-1" for name in configs}


@pytest.mark.parametrize("command", CHEAP, ids=lambda command: shlex.join(command.arguments))
def test_cheap_commands_print_what_is_shown(charnn: Charnn, command: Shown) -> None:
    corpus_file("time-machine.txt")
    done = charnn(*command.arguments)
    assert done.code == 0, done.err
    printed = iter(line.rstrip() for line in done.text.splitlines())
    for line in command.output:
        assert line in ("", "…") or line in printed, line


def test_pictures_are_made_by_the_commands_and_small() -> None:
    made = {name for arguments, _ in COMMANDS for name in values_of(arguments, "--plot", "--out")}
    pictures = re.findall(r"!\[.+\]\(pictures/(.+?)\)", PAGE.read_text(encoding="utf-8"))
    assert set(pictures) == made
    assert all((PAGE.parent / "pictures" / name).stat().st_size < LARGEST_PICTURE for name in pictures)


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((.+?)\)", PAGE.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        page = PAGE.parent / path if path else PAGE
        assert page.is_file(), target
        assert not anchor or anchor in anchors(page), target


def anchors(page: Path) -> set[str]:
    """What GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
