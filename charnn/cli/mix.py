"""Mix a network with the n-grams of its training part."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from charnn.cli._shared.options import Json, RunName
from charnn.cli._shared.terminal import console, write, write_json


def command(
    run: RunName = None,
    order: Annotated[
        int | None,
        typer.Option(min=2, max=20, help="The order; without it 7 for a text, and for labels what answers best."),
    ] = None,
    json: Json = False,
) -> None:
    """Give a run a mixture of its network and the n-grams of its training part, and print the file's name.

    `charnn evaluate --mix` uses it, `charnn sample --mix` for texts, and `charnn predict --mix` for labels, also where
    the text or the table is gone. On a text, weights of network and n-grams, and the rate of --adapt, are learned on
    the part that `train.hold_out` kept from both; a run without one learns them while it reads. For labels they are
    learned on the validation part.
    """
    from charnn.runs.layout import MIXTURE
    from charnn.runs.places import open_run
    from charnn.tasks import TASKS

    opened = open_run(run)
    with opened.locked():
        kept = TASKS.load(opened.config().task.name).mix(opened, order)
    path = opened.path / MIXTURE
    if json:
        document = asdict(kept)
        del document["how"]
        write_json({"file": str(path), **document, "learned": kept.weights is not None})
        return
    write(f"{path}\n")
    console().print(kept.told, markup=False)
