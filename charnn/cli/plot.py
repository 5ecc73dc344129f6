"""Plot the curves of runs."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charnn.cli._shared.legible import shortened, visible, width_of
from charnn.cli._shared.options import Json, complete_run, file_name
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import terminal_width, write, write_json

if TYPE_CHECKING:
    from charnn.analysis.curves.reading import Curves

_NUMBERS = ("first", "last", "lowest", "highest")
_NUMBER_WIDTH = 8
_WIDTH, _NARROWEST, _LABEL = 40, 12, 40


class Over(StrEnum):
    """What the curves run over."""

    step = "step"
    epoch = "epoch"
    characters = "characters"
    seconds = "seconds"


def command(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN",
            help="Runs' folders, or their names in runs/; the newest if none is named.",
            autocompletion=complete_run,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=file_name, metavar="FILE", help="Draw a picture into a .png or .svg file, and print its name."
        ),
    ] = None,
    over: Annotated[Over, typer.Option(help="What the curves run over; seconds are those of updates.")] = Over.step,
    json: Json = False,
) -> None:
    """Plot loss, gradient norm before clipping, learning rate and speed of one or several runs.

    Several runs share one picture, labelled by what differs in their configurations. Without --out the curves are
    drawn as text.
    """
    from charnn.analysis.curves.picture import plot_curves
    from charnn.analysis.curves.reading import read_curves
    from charnn.runs.places import open_run
    from charnn.storage.pictures import check_picture, write_picture

    if out is not None:
        check_picture(out)
    opened = [open_run(name) for name in runs] if runs else [open_run(None)]
    every = read_curves(opened, over.value)
    if out is not None:
        write_picture(out, plot_curves(every))
    if json:
        write_json({"over": over.value, "runs": [_document(curves) for curves in every]})
    elif out is not None:
        write(f"{out}\n")
    else:
        _show(every)


def _document(curves: Curves) -> dict[str, Any]:
    return {
        "run": str(curves.run.path),
        "label": curves.label,
        "differs": curves.differs,
        "threshold": curves.threshold,
        "baseline": curves.baseline,
        "events": [asdict(event) for event in curves.events],
        "rows": curves.rows,
    }


def _show(every: list[Curves]) -> None:
    """A table with a line of blocks for each quantity of each run, and below it what is not a curve."""
    from charnn.analysis.curves.reading import LOGARITHMIC, QUANTITIES
    from charnn.analysis.curves.sparkline import sparklines

    over, several = every[0].over, len(every) > 1
    span = (min(curves.rows[0][over] for curves in every), max(curves.rows[-1][over] for curves in every))
    names = [shortened(visible(curves.label), _LABEL) for curves in every]
    width = _width([*QUANTITIES.values(), *(f"  {name}" for name in names if several)])
    rows = []
    for quantity, title in QUANTITIES.items():
        points = [curves.points(quantity) for curves in every]
        lines = sparklines(points, width, span, log=quantity in LOGARITHMIC)
        if several and any(values for _, values in points):
            rows.append([title, *[""] * 5])
        for name, (_, values), line in zip(names, points, lines, strict=True):
            if values:
                numbers = [_number(value) for value in (values[0], values[-1], min(values), max(values))]
                rows.append([f"  {name}" if several else title, line, *numbers])
    heading = f"{over} {_number(span[0])} to {_number(span[1])}"
    write_table(["" if several else names[0], heading, *_NUMBERS], rows, numbers=len(_NUMBERS), names=[0], bar=1)
    for name, curves in zip(names, every, strict=True):
        write("".join(f"{name}: {note}\n" for note in _notes(curves)))


def _width(names: list[str]) -> int:
    """How many blocks there is room for next to names and numbers."""
    room = terminal_width()
    taken = max(map(width_of, names)) + len(_NUMBERS) * (_NUMBER_WIDTH + 3) + 6
    return _WIDTH if room is None else min(max(room - taken, _NARROWEST), _WIDTH)


def _notes(curves: Curves) -> list[str]:
    notes = [f"step {event.step:,}: {event.kind}: {visible(event.message)}" for event in curves.events]
    if curves.threshold is not None:
        notes.append(f"gradients are clipped at norm {curves.threshold:g}")
    if curves.baseline is not None:
        best = curves.baseline
        notes.append(f"the best n-gram model, {best['model']} of order {best['order']}: {best['nats']:.4f} nats")
    return notes


def _number(value: float) -> str:
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.3g}"
