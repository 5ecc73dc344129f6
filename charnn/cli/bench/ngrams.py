"""Time n-gram counting and Markov models."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from charnn.cli._shared.options import Json
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import console, write_json


def command(
    text: Annotated[
        str, typer.Option(metavar="TEXT", help="A path, a corpus, or - for standard input.")
    ] = "python-docs",
    rounds: Annotated[int, typer.Option(min=1, help="How often each contender is timed.")] = 7,
    json: Json = False,
) -> None:
    """Time n-gram tables, compared with collections.Counter over the same tokens, and a character model.

    The contenders of a task run in turn in one process; ratios (how many times as fast) are taken round by round;
    numbers are medians, with quartiles in brackets. Peaks of memory are measured in a separate run.
    """
    from charnn.benchmarking.machine import this_machine
    from charnn.benchmarking.ngrams import time_ngrams
    from charnn.data.sources.opening import read_text

    source = read_text(text)
    notes = console()
    notes.print(f"timing {source.name} …", markup=False)
    rows = time_ngrams(source.data, source.name, rounds)
    machine = this_machine()
    if json:
        write_json({"machine": machine.document(), "text": source.name, "rounds": rounds, "rows": rows})
        return
    columns = ["task", "subject", "characters/s", "ms", "ratio", "peak MB"]
    write_table(columns, [_cells_of(row) for row in rows], numbers=4)
    notes.print(f"{machine.processor}, one thread; {source.name}; {rounds} rounds", markup=False)


def _cells_of(row: dict[str, Any]) -> list[str]:
    low, middle, high = row["ratio_to_first"]
    return [
        row["task"],
        row["subject"],
        f"{row['characters_per_second']:,.0f}",
        f"{row['milliseconds']:.1f}",
        f"{middle:.2f} [{low:.2f}, {high:.2f}]",
        f"{row['peak_bytes'] / 1e6:.1f}",
    ]
