"""Time the encoding of texts."""

from __future__ import annotations

from typing import Annotated

import typer

from charnn.cli._shared.options import Json, parse_size
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import console, write_json
from charnn.configuration.units import UNITS


def command(
    text: Annotated[
        str, typer.Option(metavar="TEXT", help="A path, a corpus, or - for standard input.")
    ] = "python-docs",
    size: Annotated[str, typer.Option(metavar="SIZE", help="The text is repeated to this size.")] = "200M",
    unit: Annotated[str, typer.Option(help="character, grapheme or byte.")] = "character",
    rounds: Annotated[int, typer.Option(min=1, help="How often each contender is timed.")] = 5,
    json: Json = False,
) -> None:
    """Time how fast a text is encoded into the cache, with its hash and its vocabulary, and opened from there again."""
    from charnn.benchmarking.corpus import time_corpus
    from charnn.benchmarking.machine import this_machine
    from charnn.data.sources.opening import read_text
    from charnn.errors import UsageError, one_of

    if unit not in UNITS:
        raise UsageError(f"unknown unit `{unit}`{one_of(unit, UNITS)}")
    rows = time_corpus(read_text(text), parse_size(size, "--size"), unit, rounds)
    machine = this_machine()
    if json:
        write_json({"machine": machine.document(), "rounds": rounds, "rows": rows})
        return
    cells = [
        [row["text"], row["unit"], row["subject"], f"{row['bytes'] / 1e6:,.0f}", f"{row['megabytes_per_second']:,.0f}"]
        for row in rows
    ]
    write_table(["text", "unit", "subject", "MB", "MB/s"], cells, numbers=2, names=[0])
    console().print(f"{machine.processor}, one thread; {rounds} rounds", markup=False)
