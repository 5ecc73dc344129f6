"""Options that several commands take."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


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
