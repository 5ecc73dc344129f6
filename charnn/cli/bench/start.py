"""Time whole commands."""

from __future__ import annotations

from typing import Annotated

import typer

from charnn.cli._shared.options import Json
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import console, write_json


def command(
    rounds: Annotated[int, typer.Option(min=1, help="How often each command is run.")] = 5,
    json: Json = False,
) -> None:
    """Time the commands that are typed most, each in a process of its own, in seconds of CPU.

    Where there are compiled kernels they need no torch; each is compared with itself by torch (CHARNN_KERNELS=none).
    """
    from charnn.benchmarking.machine import this_machine
    from charnn.benchmarking.start import time_starts

    rows = time_starts(rounds)
    machine = this_machine()
    if json:
        write_json({"machine": machine.document(), "rounds": rounds, "rows": rows})
        return
    cells = []
    for row in rows:
        low, middle, high = row["ratio_to_torch"]
        cells.append([row["subject"], f"{row['milliseconds'] / 1e3:.2f}", f"{middle:.2f} [{low:.2f}, {high:.2f}]"])
    write_table(["command", "CPU seconds", "to torch"], cells, numbers=2)
    console().print(
        f"{machine.processor}, Python {machine.python}, torch {machine.torch}, kernels: {machine.kernels}; "
        f"{rounds} rounds"
    )
