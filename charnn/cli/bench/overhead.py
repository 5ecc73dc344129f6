"""Time the overhead of a training."""

from __future__ import annotations

from typing import Annotated

import typer

from charnn.cli._shared.options import Json
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import console, write_json


def command(
    cell: Annotated[str, typer.Option(metavar="CELL", help="The cell that is trained.")] = "lstm",
    steps: Annotated[int, typer.Option(min=1, help="Updates of each training.")] = 100,
    rounds: Annotated[int, typer.Option(min=1, help="How often each contender is timed.")] = 5,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of torch.")] = None,
    json: Json = False,
) -> None:
    """Time whole trainings, compared with the same updates alone: what reading, logging and checkpoints cost.

    A training reads its text, makes a run folder, writes a checkpoint before its first update and after its last one,
    and reports as often as by default.
    """
    import torch

    from charnn.benchmarking.machine import this_machine
    from charnn.benchmarking.overhead import time_overhead
    from charnn.cells import CELLS

    CELLS.load(cell)
    if threads is not None:
        torch.set_num_threads(threads)
    rows = time_overhead(cell, steps, rounds)
    machine = this_machine()
    if json:
        write_json({"machine": machine.document(), "rounds": rounds, "rows": rows})
        return
    cells = [
        [
            row["cell"],
            row["shape"],
            row["subject"],
            f"{row['characters_per_second']:,.0f}",
            "{1:.3f} [{0:.3f}, {2:.3f}]".format(*row["ratio"]),
        ]
        for row in rows
    ]
    write_table(["cell", "H×B×T", "subject", "characters/s", "to updates alone"], cells, numbers=2)
    console().print(f"{machine.processor}, {machine.threads} threads, torch {machine.torch}; {rounds} rounds")
