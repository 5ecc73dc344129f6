"""Scoring a running text: nats, bits per character, perplexity."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from charnn.cli._shared.baseline import baseline_line
from charnn.cli._shared.terminal import complain, console, write, write_json
from charnn.cli._shared.texts import note_left_out

if TYPE_CHECKING:
    from charnn.configuration.units import SymbolUnit
    from charnn.evaluation.score import Score
    from charnn.runs.run import Run
    from charnn.runs.text import RunText
    from charnn.tasks._reading import Reading


@dataclass(frozen=True)
class TextOptions:
    """What is asked of a running text; see the options of `charnn evaluate`."""

    text: str | None
    part: str | None
    max_bpc: float | None
    per_character: bool
    skip_unknown: bool
    baseline: bool
    json: bool


def evaluate_text(
    runs: Sequence[Run], weights: str | None, device: str, reading: Reading, options: TextOptions
) -> None:
    """Score a text with the model of a run, or the mean of several, and print what was found."""
    from charnn.errors import UsageError
    from charnn.evaluation.notation import finite, shown
    from charnn.runs.text import text_of_run
    from charnn.tasks.language_model import baseline_of

    text, part, max_bpc, per_character = options.text, options.part, options.max_bpc, options.per_character
    skip_unknown, baseline, json = options.skip_unknown, options.baseline, options.json
    if baseline and per_character and not json:
        raise UsageError("--baseline is a line of the summary, which --per-character leaves out: add --json")
    run = runs[0]
    vocabulary = run.vocabulary()
    read = text_of_run(run, vocabulary, text, part or "validation", skip_unknown=skip_unknown)
    note_left_out(read)
    result, told, problem = _score(runs, weights, device, reading, read)
    summary: dict[str, Any] = {
        "run": str(run.path) if len(runs) == 1 else [str(one.path) for one in runs],
        "text": read.name,
        "characters": result.characters,
        "left_out": read.left_out,
        "nats": result.nats,
        "bpc": result.bpc,
        "perplexity": finite(result.perplexity),
        "baseline": None,
        **({"adapted": reading.adapt and problem is None} if reading.adapt else {}),
        **({"mixed": True} if reading.mix else {}),
    }
    if baseline:
        train = text_of_run(run, vocabulary, None, "train")
        summary["baseline"] = baseline_of(train.ids, len(vocabulary), read.ids)
    rows = []
    if per_character:
        rows = [
            (int(read.positions[place]), vocabulary.join([read.ids[place]]), float(nats))
            for place, nats in enumerate(result.losses, start=1)
        ]
    if json and per_character:
        summary["losses"] = [
            {"position": place, "character": symbol.decode(errors="backslashreplace"), "nats": nats}
            for place, symbol, nats in rows
        ]
    if json:
        write_json(summary)
    elif per_character:
        lines = (f"{place}\t{_literal(symbol, vocabulary.unit)}\t{nats:.6f}\n" for place, symbol, nats in rows)
        write("".join(lines).encode())
    else:
        line = f"{shown(result.nats)} nats  {shown(result.bpc)} bpc  perplexity {shown(result.perplexity)}"
        write(f"{line}  ({result.characters:,} characters of {read.name})\n")
        if baseline:
            write(f"{baseline_line(summary['baseline'])}\n".encode())
        for words in told:
            console().print(words, markup=False)
    if problem is not None:
        complain(f"{problem}; the score is that of the network as it was trained")
        sys.exit(1)
    if max_bpc is not None and result.bpc > max_bpc:
        complain(f"{shown(result.bpc)} bpc is above {max_bpc:g}")
        sys.exit(1)


def _literal(symbol: bytes, unit: SymbolUnit) -> str:
    """A symbol in quotes, with escapes; a literal of bytes has a b before them."""
    return repr(symbol)[1:] if unit == "byte" else repr(symbol.decode())


def _score(
    runs: Sequence[Run], weights: str | None, device: str, reading: Reading, read: RunText
) -> tuple[Score, list[str], str | None]:
    """The score, what was learned on the way, and why the network could not adapt; None where it could, or need not.

    A single network that stays as it is is read in long stretches (see `charnn.evaluation.score`).
    """
    from charnn.errors import DivergedError
    from charnn.evaluation.score import score
    from charnn.tasks._reading import how_it_read, is_plain, reader_of
    from charnn.tasks.language_model import reading_text_network

    if is_plain(runs, reading):
        return score(reading_text_network(runs[0], weights, device), read.ids, read.name), [], None
    reader = reader_of(runs, weights, device, reading)
    try:
        return reader.score(read.ids, read.name), how_it_read(reader), None
    except DivergedError as error:
        if not reading.adapt:
            raise
        still = reader_of(runs, weights, device, replace(reading, adapt=False))
        return still.score(read.ids, read.name), how_it_read(still), str(error)
