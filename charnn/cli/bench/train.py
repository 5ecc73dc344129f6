"""Time training steps."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charnn.cli._shared.options import Device, Json
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import console, write_json
from charnn.cli.bench._shape import parse_shape
from charnn.errors import UsageError

if TYPE_CHECKING:
    pass


class Peer(StrEnum):
    """What is compared with only where it is asked for."""

    jax = "jax"


def command(
    cells: Annotated[
        list[str] | None, typer.Option("--cell", metavar="CELL", help="A cell to time; all by default.")
    ] = None,
    engines: Annotated[
        list[str] | None,
        typer.Option("--engine", metavar="ENGINE", help="An engine; by default all that run here."),
    ] = None,
    shapes: Annotated[
        list[str] | None,
        typer.Option("--shape", metavar="H,B,T", help="Hidden units, lanes, steps; four usual shapes by default."),
    ] = None,
    bfloat16: Annotated[
        bool, typer.Option("--bfloat16", help="Time the native engine's products in bfloat16 too.")
    ] = False,
    dropout: Annotated[
        float, typer.Option(min=0, max=0.99, help="Time the native engine with every kind of dropout at this rate too.")
    ] = 0.0,
    peers: Annotated[
        list[Peer] | None, typer.Option("--peers", help="Time this too; JAX has to be installed.", case_sensitive=False)
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each contender is timed.")] = 7,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of torch.")] = None,
    device: Annotated[Device, typer.Option(help="Where to run.")] = Device.cpu,
    json: Json = False,
) -> None:
    """Time one training step of every cell, engine and shape, compared with torch.nn and the classic NumPy program.

    All contenders of a shape run in turn in one process, small steps for 20 ms at a time; ratios (how many times as
    fast) are taken round by round; numbers are medians, with quartiles in brackets. The matrix peak is the speed of one
    large matrix product that runs next to them; the memory is what one step holds in addition to what was held before.
    """
    import torch

    from charnn.benchmarking.machine import this_machine
    from charnn.benchmarking.train import SHAPES, default_engines, time_steps
    from charnn.bptt.engines import ENGINES
    from charnn.cells import CELLS
    from charnn.kernels.library import library, why_none
    from charnn.networks.devices import find_device

    for family, names in ((CELLS, cells), (ENGINES, engines)):
        for name in names or []:
            family.load(name)
    if threads is not None:
        torch.set_num_threads(threads)
    where = find_device(device.value).type
    if bfloat16 and (where != "cpu" or library() is None):
        raise UsageError(
            f"--bfloat16 needs compiled kernels: {why_none() if where == 'cpu' else 'there are none for cuda'}"
        )
    chosen = [parse_shape(text) for text in shapes] if shapes else list(SHAPES)
    notes = console()
    rows = []
    for shape in chosen:
        for cell in cells or CELLS.names():
            notes.print(f"timing {cell} at H×B×T = {shape.name} …")
            timed = engines or default_engines(cell, where)
            rows += time_steps(
                cell, shape, rounds, timed, where, bfloat16=bfloat16, dropout=dropout, jax=Peer.jax in (peers or [])
            )
    machine = this_machine()
    if json:
        write_json({"machine": machine.document(), "device": where, "rounds": rounds, "rows": rows})
        return
    columns = [
        "H×B×T",
        "cell",
        "subject",
        "characters/s",
        "ms/step",
        "to torch.nn",
        "to autograd",
        *(["to JAX"] if peers else []),
        "of peak",
        "peak MB",
    ]
    bases = ["torch_nn", "autograd", *(peer.value for peer in peers or [])]
    write_table(columns, [_cells_of(row, bases) for row in rows], numbers=4 + len(bases))
    notes.print(
        f"{machine.processor}, {machine.threads} threads, torch {machine.torch}, {where}, kernels: {machine.kernels}; "
        f"{rounds} rounds"
    )


def _cells_of(row: dict[str, Any], bases: Sequence[str]) -> list[str]:
    ratios = [row[f"ratio_to_{base}"] for base in bases]
    return [
        row["shape"],
        row["cell"],
        row["subject"],
        f"{row['characters_per_second']:,.0f}",
        f"{row['milliseconds']:.2f}",
        *(f"{ratio[1]:.2f} [{ratio[0]:.2f}, {ratio[2]:.2f}]" if ratio else "" for ratio in ratios),
        f"{row['share_of_peak'][1]:.0%}",
        "" if row["peak_bytes"] is None else f"{row['peak_bytes'] / 1e6:,.0f}",
    ]
