"""List the runs in a folder."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charnn.cli._shared.legible import visible
from charnn.cli._shared.options import Json, file_name
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import write_json

if TYPE_CHECKING:
    from charnn.runs.overview import Overview


def command(
    folder: Annotated[
        Path, typer.Argument(parser=file_name, metavar="[FOLDER]", help="The folder that holds the runs.")
    ] = Path("runs"),
    json: Json = False,
) -> None:
    """List runs, the oldest first: state, model, text, steps, the best validation by the task's measure, and time."""
    from charnn.errors import RunError
    from charnn.runs.overview import overview
    from charnn.runs.places import runs_in

    if not folder.is_dir():
        raise RunError(f"there is no folder {folder}: `charnn train` makes runs in ./runs")
    found = [overview(run) for run in runs_in(folder)]
    if json:
        write_json([_document(one) for one in found])
    else:
        columns = ["run", "state", "model", "text", "step", "epoch", "best", "time"]
        write_table(columns, [_cells_of(one) for one in found], numbers=4, names=[0, 3])


def _document(one: Overview) -> dict[str, Any]:
    return {**asdict(one), "path": str(one.path), "best_bpc": one.best if one.measure == "bpc" else None}


def _cells_of(one: Overview) -> list[str]:
    minutes, seconds = divmod(round(one.seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return [
        visible(one.path.name),
        one.state,
        one.model,
        visible(Path(one.text).name),
        f"{one.step:,}",
        f"{one.epoch:.2f}",
        f"{one.measure.replace('_', ' ')} {one.best:.3f}" if one.best is not None else "",
        f"{hours}:{minutes:02}:{seconds:02}",
    ]
