"""Time answers to texts."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from charnn.cli._shared.options import Json
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import console, write_json


def command(
    cells: Annotated[
        list[str] | None, typer.Option("--cell", metavar="CELL", help="A cell to time; lstm by default.")
    ] = None,
    hidden: Annotated[int, typer.Option(min=1, max=10_000, help="Hidden units.")] = 128,
    texts: Annotated[int, typer.Option(min=1, help="How many texts are answered.")] = 4096,
    rounds: Annotated[int, typer.Option(min=1, help="How often each contender is timed.")] = 7,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of torch.")] = None,
    json: Json = False,
) -> None:
    """Time the labels of texts as `charnn predict` finds them, compared with a loop over torch.nn, one text at a time.

    Both run in turn in one process; ratios (how many times as many characters a second) are taken round by round;
    numbers are medians, with quartiles in brackets.
    """
    import torch

    from charnn.benchmarking.machine import this_machine
    from charnn.benchmarking.predict import time_predicting
    from charnn.cells import CELLS

    for name in cells or []:
        CELLS.load(name)
    if threads is not None:
        torch.set_num_threads(threads)
    rows = [row for cell in cells or ["lstm"] for row in time_predicting(cell, hidden, texts, rounds)]
    machine = this_machine()
    if json:
        write_json({"machine": machine.document(), "texts": texts, "rounds": rounds, "rows": rows})
        return
    write_table(["cell", "subject", "characters/s", "to torch.nn"], [_cells_of(row) for row in rows], numbers=2)
    console().print(
        f"{machine.processor}, {machine.threads} threads, torch {machine.torch}, kernels: {machine.kernels}; "
        f"{texts} texts, {hidden} units, {rounds} rounds"
    )


def _cells_of(row: dict[str, Any]) -> list[str]:
    ratio = row["ratio_to_torch_nn"]
    shown = f"{ratio[1]:.2f} [{ratio[0]:.2f}, {ratio[2]:.2f}]" if ratio else ""
    return [row["cell"], row["subject"], f"{row['characters_per_second']:,.0f}", shown]
