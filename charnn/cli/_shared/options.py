"""Options that several commands take."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from charnn.configuration.shipped import shipped_files
from charnn.errors import UsageError
from charnn.interchange import FORMATS

_UNITS = {"": 1, "K": 1_000, "M": 1_000_000, "G": 1_000_000_000}


class Device(StrEnum):
    """Where the work runs."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Weights(StrEnum):
    """Which weights of a run."""

    best = "best"
    last = "last"


def complete_run(incomplete: str) -> list[str]:
    """The names of runs that begin so, for the shell to complete."""
    return _beginning(incomplete, (path.parent.name for path in Path("runs").glob("*/config.yaml")))


def complete_recipe(incomplete: str) -> list[str]:
    """The names of recipes that begin so."""
    return _beginning(incomplete, (path.stem for path in shipped_files("configs")))


def complete_format(incomplete: str) -> list[str]:
    """The names of formats that begin so."""
    return _beginning(incomplete, FORMATS.names())


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name.startswith(incomplete))


def file_name(text: str | Path) -> Path:
    """The path that an argument names.

    Raises:
        BadParameter: it is empty, which Python would take for this folder, or holds a character that no name can.
    """
    if not str(text) or "\0" in str(text):
        raise typer.BadParameter(f"no file can be called {text!r}")
    return Path(text)


RunName = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN]",
        help="A run's folder, or its name in runs/; the newest if none is named.",
        autocompletion=complete_run,
    ),
]
DeviceOption = Annotated[Device, typer.Option(help="Where to run; auto takes CUDA where there is one.")]
WeightsOption = Annotated[
    Weights | None,
    typer.Option(
        help="Weights with the best validation, by the task's measure, or the last; best where there are any."
    ),
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help=f"{', '.join(FORMATS.names())}; else what the file's name ends in.",
        autocompletion=complete_format,
    ),
]
SkipUnknown = Annotated[bool, typer.Option("--skip-unknown", help="Leave out characters that the model does not know.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes.")]
Out = Annotated[
    Path | None, typer.Option(parser=file_name, metavar="FOLDER", help="The run folder, instead of runs/<config>-N.")
]


def parse_size(text: str, option: str) -> int:
    """The bytes that a size such as 500M or 2G names.

    Raises:
        UsageError: it is not a size.
    """
    match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,12})?)([KMG]?)B?", text.strip(), re.IGNORECASE)
    size = int(float(match[1]) * _UNITS[match[2].upper()]) if match else 0
    if not size:
        raise UsageError(f"{option} takes a size such as 500M or 2G, not `{text}`")
    return size
