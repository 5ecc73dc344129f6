"""Options that several commands take."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from charnn.errors import UsageError

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


RunName = Annotated[
    str | None,
    typer.Argument(metavar="[RUN]", help="A run's folder, or its name in runs/; the newest if none is named."),
]
DeviceOption = Annotated[Device, typer.Option(help="Where to run; auto takes CUDA where there is one.")]
WeightsOption = Annotated[
    Weights | None, typer.Option(help="Weights with the best validation loss, or the last; best where there are any.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes.")]
Out = Annotated[Path | None, typer.Option(help="The run folder, instead of runs/<config>-N.")]


def parse_size(text: str, option: str) -> int:
    """The bytes that a size such as 500M or 2G names.

    Raises:
        UsageError: it is no size.
    """
    match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,12})?)([KMG]?)B?", text.strip(), re.IGNORECASE)
    if not match:
        raise UsageError(f"{option} takes a size such as 500M or 2G, not `{text}`")
    return int(float(match[1]) * _UNITS[match[2].upper()])
