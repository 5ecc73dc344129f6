"""Time a recipe."""

from __future__ import annotations

from typing import Annotated

import typer

from charnn.cli._shared.options import Json
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import console, write_json


def command(
    steps: Annotated[int, typer.Option(min=1, help="Updates of each training.")] = 2000,
    rounds: Annotated[int, typer.Option(min=1, help="How often each contender is timed.")] = 5,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of torch and of NumPy's products.")] = None,
    json: Json = False,
) -> None:
    """Time whole trainings of the recipe min-char-rnn, compared with the classic NumPy program that it is.

    Both learn in float64. The NumPy program does nothing but its updates; the training also reads the text, reports,
    draws samples and writes checkpoints, as the recipe says.
    """
    import torch

    from charnn.benchmarking.machine import this_machine
    from charnn.benchmarking.recipe import time_recipe

    if threads is not None:
        torch.set_num_threads(threads)
    rows = time_recipe(steps, rounds)
    machine = this_machine()
    if json:
        write_json({"machine": machine.document(), "rounds": rounds, "rows": rows})
        return
    cells = [
        [
            row["subject"],
            f"{row['characters_per_second']:,.0f}",
            f"{row['milliseconds'] / row['steps'] * 1e3:.0f}",
            f"{row['ratio'][1]:.2f} [{row['ratio'][0]:.2f}, {row['ratio'][2]:.2f}]",
        ]
        for row in rows
    ]
    write_table(["subject", "characters/s", "µs/update", "to NumPy"], cells, numbers=3)
    console().print(
        f"{machine.processor}, {machine.threads} threads, torch {machine.torch}, kernels: {machine.kernels}; "
        f"{steps} updates, {rounds} rounds"
    )
