"""Time the sampling of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from charnn.cli._shared.options import Json
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import console, write_json
from charnn.errors import UsageError

if TYPE_CHECKING:
    from charnn.benchmarking.sample import Size


def command(
    cells: Annotated[
        list[str] | None, typer.Option("--cell", metavar="CELL", help="A cell to time; lstm by default.")
    ] = None,
    networks: Annotated[
        list[str] | None,
        typer.Option("--network", metavar="L,H", help="Layers and hidden units; 2,128 and 1,512 by default."),
    ] = None,
    length: Annotated[int, typer.Option(min=1, help="Characters of each stream.")] = 1000,
    rounds: Annotated[int, typer.Option(min=1, help="How often each contender is timed.")] = 7,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of torch.")] = None,
    json: Json = False,
) -> None:
    """Time the sampling of text, compared with a loop over torch.nn: one stream, the same with n-grams, and 64 at once.

    All contenders of a network run in turn in one process; ratios (how many times as many characters a second) are
    taken round by round; numbers are medians, with quartiles in brackets.
    """
    import torch

    from charnn.benchmarking.machine import this_machine
    from charnn.benchmarking.sample import SIZES, time_sampling
    from charnn.cells import CELLS

    for name in cells or []:
        CELLS.load(name)
    if threads is not None:
        torch.set_num_threads(threads)
    chosen = [_network(text) for text in networks] if networks else list(SIZES)
    rows = [
        row for network in chosen for cell in cells or ["lstm"] for row in time_sampling(cell, network, length, rounds)
    ]
    machine = this_machine()
    if json:
        write_json({"machine": machine.document(), "length": length, "rounds": rounds, "rows": rows})
        return
    columns = ["L×H", "cell", "subject", "characters/s", "µs/character", "to torch.nn", "to one stream"]
    write_table(columns, [_cells_of(row) for row in rows], numbers=4)
    console().print(
        f"{machine.processor}, {machine.threads} threads, torch {machine.torch}, kernels: {machine.kernels}; "
        f"{length} characters, {rounds} rounds"
    )


def _cells_of(row: dict[str, Any]) -> list[str]:
    ratios = [row["ratio_to_torch_nn"], row["ratio_to_one_stream"]]
    return [
        row["network"],
        row["cell"],
        row["subject"],
        f"{row['characters_per_second']:,.0f}",
        f"{1e6 / row['characters_per_second']:.1f}",
        *(f"{ratio[1]:.2f} [{ratio[0]:.2f}, {ratio[2]:.2f}]" if ratio else "" for ratio in ratios),
    ]


def _network(text: str) -> Size:
    from charnn.benchmarking.sample import Size

    parts = text.split(",")
    if len(parts) != 2 or not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise UsageError(f"--network takes layers and hidden units, such as 2,128, not `{text}`")
    return Size(*(int(part) for part in parts))
