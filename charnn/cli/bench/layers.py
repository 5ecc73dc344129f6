"""Time the layers of charnn.nn."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from charnn.cli._shared.options import Json
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import console, write_json
from charnn.cli.bench._shape import parse_shape

_SHAPES = ("128,20,35", "128,64,64", "256,20,35", "256,64,64", "512,20,35", "512,64,64")


def command(
    cells: Annotated[
        list[str] | None, typer.Option("--cell", metavar="CELL", help="lstm, rnn, gru or simple-gru; all by default.")
    ] = None,
    shapes: Annotated[
        list[str] | None,
        typer.Option("--shape", metavar="H,B,T", help="Hidden units, as many inputs; batch; steps."),
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
    chosen = [parse_shape(text) for text in shapes or _SHAPES]
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


def _cells_of(row: dict[str, Any]) -> list[str]:
    ratio = row["ratio_to_torch_nn"]
    shown = f"{ratio[1]:.2f} [{ratio[0]:.2f}, {ratio[2]:.2f}]" if ratio else ""
    return [row["cell"], row["shape"], row["subject"], f"{row['milliseconds']:.2f}", shown]
