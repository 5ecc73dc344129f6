"""Time the layers of charnn.nn."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from charnn.cli._shared.options import Json
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import console, write_json

_SHAPES = ("128x20x35", "128x64x64", "256x20x35", "256x64x64", "512x20x35", "512x64x64")


def command(
    cells: Annotated[
        list[str] | None, typer.Option("--cell", metavar="CELL", help="lstm, rnn, gru or simple-gru; all by default.")
    ] = None,
    shapes: Annotated[
        list[str] | None,
        typer.Option("--shape", metavar="HxBxT", help="Hidden units and inputs, batch, steps, e.g. 256x20x35."),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each contender is timed.")] = 7,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of torch.")] = None,
    json: Json = False,
) -> None:
    """Time forward and backward pass of the layers of charnn.nn, compared with those of torch.nn.

    Both run in turn in one process; ratios (how many times as fast) are taken round by round; numbers are medians,
    with quartiles in brackets. torch.nn.GRU is another cell than the lecture's, of the same size.
    """
    import torch

    from charnn.benchmarking.layers import PAIRS, time_layers
    from charnn.benchmarking.machine import this_machine

    if threads is not None:
        torch.set_num_threads(threads)
    chosen = [_shape(text) for text in shapes or _SHAPES]
    rows = [row for cell in cells or PAIRS for row in time_layers(cell, chosen, rounds)]
    machine = this_machine()
    if json:
        write_json({"machine": machine.document(), "rounds": rounds, "rows": rows})
        return
    columns = ["cell", "H×B×T", "subject", "ms", "to torch.nn"]
    write_table(columns, [_cells_of(row) for row in rows], numbers=2)
    console().print(
        f"{machine.processor}, {machine.threads} threads, torch {machine.torch}, kernels: {machine.kernels}; "
        f"{rounds} rounds"
    )


def _shape(text: str) -> tuple[int, int, int]:
    from charnn.errors import UsageError

    numbers = [int(part) if part.isdecimal() else 0 for part in text.replace("×", "x").split("x")]
    if len(numbers) != 3 or not 0 < min(numbers) <= max(numbers) <= 100_000:
        raise UsageError(f"--shape takes units, batch and steps such as 256x20x35, not `{text}`")
    hidden, batch, steps = numbers
    return hidden, batch, steps


def _cells_of(row: dict[str, Any]) -> list[str]:
    ratio = row["ratio_to_torch_nn"]
    shown = f"{ratio[1]:.2f} [{ratio[0]:.2f}, {ratio[2]:.2f}]" if ratio else ""
    return [row["cell"], "×".join(map(str, row["shape"])), row["subject"], f"{row['milliseconds']:.2f}", shown]
