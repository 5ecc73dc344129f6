"""The counts of `charnn ngram-stats`: tables, JSON, CSV, a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
    track,
)

from charnn.cli._ngrams.source import Level, Source
from charnn.cli._shared.terminal import console, shown_unit, visible, write, write_csv, write_json, write_table
from charnn.errors import UsageError

if TYPE_CHECKING:
    from charnn.data.sources import stream
    from charnn.ngrams.counting.statistics import Row, Statistics

_BAR = 24
_TOP_IN_BOUNDED_MEMORY = 100_000
_EIGHTHS = " ▏▎▍▌▋▊▉"


def show_counts(
    source: Source, order: int, top: int, *, memory: int | None, plot: Path | None, form: str, quiet: bool
) -> None:
    """Count a text and print what the counts say, as `table`, `json` or `csv`."""
    from charnn.data.sources.stream import open_stream
    from charnn.data.text.reader import Reader
    from charnn.ngrams.counting.counting import block_size, check_memory, count
    from charnn.ngrams.counting.packing import check_order
    from charnn.ngrams.counting.statistics import statistics
    from charnn.ngrams.material import default_tokens
    from charnn.ngrams.picture import draw_curves
    from charnn.storage.pictures import check_picture

    check_memory(memory)
    if memory is not None and top > _TOP_IN_BOUNDED_MEMORY:
        raise UsageError(f"--top {top} does not go with --memory: {_TOP_IN_BOUNDED_MEMORY:,} are the most")
    if plot:
        check_picture(plot)
    with open_stream(source.text) as text:
        check_order(order, text.size, "bytes")
        block = block_size(memory, order)
        tokens = source.tokens.value if source.tokens else None
        if source.level is Level.word and tokens is None:
            tokens = default_tokens(text.is_ascii(block, source.encoding))
        longest = 1 << 62 if memory is None else 2 * block
        reader = Reader(text, source.level.value, tokens or "", source.encoding, source.normalize.value, block, longest)
        with _progress(text, quiet=quiet) as progress:
            counted = count(reader, order, memory, progress)
        numbers = range(1, order + 1)
        orders = [statistics(counted, number, top) for number in _with_bar(numbers, "ranking", quiet=quiet)]
    level = source.level.value
    if plot:
        draw_curves(plot, f"{text.name}: {counted.length:,} {level}s", orders)
    if form == "json":
        write_json(_document(text.name, level, tokens, counted.length, orders))
    elif form == "csv":
        rows = [
            (found.order, rank, _text(row, level), row.count, row.count / found.total)
            for found in orders
            for rank, row in enumerate(found.top, start=1)
        ]
        write_csv(["order", "rank", "ngram", "count", "relative_frequency"], rows)
    else:
        words = f" ({tokens})" if tokens else ""
        write(f"{text.name}: {counted.length:,} {level}s{words}, {orders[0].types:,} different\n".encode())
        for found in orders:
            _write_order(found, level)


def _write_order(found: Statistics, level: str) -> None:
    once = f"{found.singletons:,} of them once ({found.singleton_share:.1%})"
    write(f"\n{found.name}: {found.total:,}, {found.types:,} different, {once}\n".encode())
    largest = found.top[0].count if found.top else 1
    rows = [
        (_shown(row, level), _bar(row.count / largest), f"{row.count:,}", f"{row.count / found.total:.4%}")
        for row in found.top
    ]
    write_table(["n-gram", "", "count", "share"], rows, numbers=2, bar=1)


def _document(name: str, level: str, tokens: str | None, length: int, orders: Sequence[Statistics]) -> dict[str, Any]:
    from charnn.ngrams.counting.zipf import fit

    return {
        "text": name,
        "level": level,
        "tokens": tokens,
        "length": length,
        "orders": [
            {
                "order": found.order,
                "total": found.total,
                "types": found.types,
                "singletons": found.singletons,
                "singleton_share": found.singleton_share,
                "zipf_slope": fit(found.counts_of_counts).slope,
                "top": [
                    {
                        "ngram": _text(row, level),
                        "count": row.count,
                        "relative_frequency": row.count / found.total,
                    }
                    for row in found.top
                ],
            }
            for found in orders
        ],
    }


def _text(row: Row, level: str) -> str:
    joined = (b" " if level == Level.word.value else b"").join(row.symbols)
    return joined.decode(errors="backslashreplace")


def _shown(row: Row, level: str) -> str:
    text = _text(row, level)
    return visible(text) if level == Level.word.value else shown_unit(text)


def _bar(share: float) -> str:
    whole, rest = divmod(round(share * _BAR * 8), 8)
    return ("█" * whole + _EIGHTHS[rest]).rstrip() or _EIGHTHS[1]


def _with_bar(numbers: Sequence[int], doing: str, *, quiet: bool) -> Iterable[int]:
    """The numbers, with a bar on a terminal that moves with them."""
    terminal = console(quiet=quiet)
    return track(numbers, doing, console=terminal, disable=not terminal.is_terminal, transient=True)


@contextmanager
def _progress(text: stream.Stream, *, quiet: bool) -> Iterator[stream.Progress]:
    """A bar on a terminal while a text is read."""
    terminal = console(quiet=quiet)
    columns = (TextColumn("counting"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=terminal, disable=not terminal.is_terminal, transient=True) as bar:
        task = bar.add_task("counting", total=text.size)
        yield lambda share: bar.update(task, completed=share * text.size)
