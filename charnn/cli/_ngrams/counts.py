"""`charnn ngram-stats` without a model: the counts of a text as tables, JSON, CSV or a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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

from charnn.cli._ngrams.source import Source
from charnn.cli._shared.legible import shortened, shown_unit, visible
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import console, write, write_csv, write_json
from charnn.data.text.levels import Level, Tokenizer
from charnn.errors import UsageError

if TYPE_CHECKING:
    from charnn.data.text import text as texts
    from charnn.data.text.reader import Reader
    from charnn.ngrams.counting.statistics import Row, Statistics

_BAR = 24
_DEFAULT_ORDER = 3
_LARGEST_TOP_IN_BOUNDED_MEMORY = 100_000
_EIGHTHS = " ▏▎▍▌▋▊▉"
_UNLIMITED = 1 << 62


@dataclass(frozen=True)
class Counts:
    """What is shown of a text of `length` symbols: the statistics of each order."""

    name: str
    level: Level
    tokens: Tokenizer | None
    length: int
    orders: Sequence[Statistics]


def show_counts(
    source: Source, order: int | None, top: int, *, memory: int | None, plot: Path | None, form: str, quiet: bool
) -> None:
    """Count the n-grams of a text, and print the result as `table`, `json`, `csv` or `csv-for-spreadsheets`.

    Without an order, up to the third, or to what a shorter text has.
    """
    from charnn.ngrams.counting.memory import check_memory
    from charnn.ngrams.counting.picture import plot_curves
    from charnn.storage.pictures import check_picture

    check_memory(memory)
    if memory is not None and top > _LARGEST_TOP_IN_BOUNDED_MEMORY:
        raise UsageError(
            f"--top {top} does not go with --memory, which allows at most {_LARGEST_TOP_IN_BOUNDED_MEMORY:,}"
        )
    if plot:
        check_picture(plot)
    counts = _count(source, order, top, memory, quiet=quiet)
    if plot:
        plot_curves(plot, f"{counts.name}: {counts.length:,} {counts.level}s", counts.orders)
    if form == "json":
        _write_json(counts)
    elif form == "table":
        _write_tables(counts)
    else:
        _write_csv(counts, escape_formulas=form == "csv-for-spreadsheets")


def _count(source: Source, wanted: int | None, top: int, memory: int | None, *, quiet: bool) -> Counts:
    from charnn.data.sources.opening import open_text
    from charnn.ngrams.counting.counting import count
    from charnn.ngrams.counting.packing import check_order
    from charnn.ngrams.counting.statistics import statistics

    with open_text(source.text) as text:
        order = _DEFAULT_ORDER if wanted is None else wanted
        check_order(order, None if wanted is None else text.size, "bytes")
        reader = _reader(source, text, memory, order, quiet=quiet)
        with _progress(text, quiet=quiet) as progress:
            counted = count(reader, order, memory, progress, shorter=wanted is None)
        _note_runs(reader, quiet=quiet)
        numbers = range(1, counted.order + 1)
        orders = [statistics(counted, number, top) for number in _with_bar(numbers, "ranking", quiet=quiet)]
    tokens = reader.tokens if source.level == "word" else None
    return Counts(text.name, source.level, tokens, counted.length, orders)


def _note_runs(reader: Reader, *, quiet: bool) -> None:
    """Say so where words are runs of a script that puts no blanks between them."""
    from charnn.data.text.words import unbroken

    run = unbroken(reader.numbering.symbols()) if reader.level == "word" and reader.tokens != "letters" else None
    if run is not None:
        console(quiet=quiet).print(
            f"words of some scripts stand without blanks between them: a run such as {shortened(visible(run), 20)} is"
            " counted as one word; --level grapheme counts characters",
            markup=False,
        )


def _reader(source: Source, text: texts.Text, memory: int | None, order: int, *, quiet: bool) -> Reader:
    from charnn.data.text.reader import Reader
    from charnn.data.text.words import default_tokenizer
    from charnn.ngrams.counting.memory import block_size

    block = block_size(memory, order)
    tokens = source.tokens or "letters"
    if source.level == "word" and source.tokens is None:
        other = text.first_beyond_ascii(block, source.encoding)
        tokens = default_tokenizer(is_ascii=other is None)
        if other is not None:
            console(quiet=quiet).print(
                f"words are those of --tokens {tokens}, because the text is not ASCII: it has {other!r}"
                f" (U+{ord(other):04X}); --tokens letters takes runs of A–Z and a–z",
                markup=False,
            )
    longest = _UNLIMITED if memory is None else 2 * block
    return Reader(text, source.level, tokens, source.encoding, source.normalize, block, longest)


def _write_tables(counts: Counts) -> None:
    rule = f" ({counts.tokens})" if counts.tokens else ""
    different = f"{counts.orders[0].types:,} different"
    write(f"{visible(counts.name)}: {counts.length:,} {counts.level}s{rule}, {different}\n")
    for order in counts.orders:
        once = f"{order.singletons:,} of them once ({order.singleton_share:.1%})"
        write(f"\n{order.name}: {order.total:,}, {order.types:,} different, {once}\n".encode())
        largest = order.top[0].count if order.top else 1
        rows = [
            (_shown(row, counts.level), _bar(row.count / largest), f"{row.count:,}", f"{row.count / order.total:.4%}")
            for row in order.top
        ]
        write_table(["n-gram", "", "count", "share"], rows, numbers=2, names=[0], bar=1)


def _write_csv(counts: Counts, *, escape_formulas: bool) -> None:
    unit = f"{counts.level} ({counts.tokens})" if counts.tokens else counts.level
    rows = [
        (order.order, rank, _text(row, counts.level), row.count, row.count / order.total, unit)
        for order in counts.orders
        for rank, row in enumerate(order.top, start=1)
    ]
    columns = ["order", "rank", "ngram", "count", "relative_frequency", "unit"]
    write_csv(columns, rows, escape_formulas=escape_formulas)


def _write_json(counts: Counts) -> None:
    write_json(
        {
            "text": counts.name,
            "level": counts.level,
            "tokens": counts.tokens,
            "length": counts.length,
            "orders": [_document(order, counts.level) for order in counts.orders],
        }
    )


def _document(order: Statistics, level: Level) -> dict[str, Any]:
    from charnn.ngrams.counting.zipf import fit_curve

    return {
        "order": order.order,
        "total": order.total,
        "types": order.types,
        "singletons": order.singletons,
        "singleton_share": order.singleton_share,
        "zipf_slope": fit_curve(order.counts_of_counts).slope,
        "top": [
            {"ngram": _text(row, level), "count": row.count, "relative_frequency": row.count / order.total}
            for row in order.top
        ],
    }


def _text(row: Row, level: Level) -> str:
    joined = (b" " if level == "word" else b"").join(row.symbols)
    if level == "byte":  # `\\xff` is a byte, and the four characters that say so are others
        joined = joined.replace(b"\\", rb"\\")
    return joined.decode(errors="backslashreplace")


def _shown(row: Row, level: Level) -> str:
    text = _text(row, level)
    return visible(text) if level == "word" else shown_unit(text)


def _bar(share: float) -> str:
    whole, rest = divmod(round(share * _BAR * 8), 8)
    return ("█" * whole + _EIGHTHS[rest]).rstrip() or _EIGHTHS[1]


def _with_bar(numbers: Sequence[int], description: str, *, quiet: bool) -> Iterable[int]:
    """The numbers; on a terminal, a progress bar moves with them."""
    terminal = console(quiet=quiet)
    return track(numbers, description, console=terminal, disable=not terminal.is_terminal, transient=True)


@contextmanager
def _progress(text: texts.Text, *, quiet: bool) -> Iterator[texts.Progress]:
    """A progress bar, on a terminal, while a text is read."""
    terminal = console(quiet=quiet)
    columns = (TextColumn("counting"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=terminal, disable=not terminal.is_terminal, transient=True) as bar:
        task = bar.add_task("counting", total=text.size)
        yield lambda share: bar.update(task, completed=share * text.size)
