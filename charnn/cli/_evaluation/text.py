"""Scoring a running text: nats, bits per character, perplexity."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from charnn.cli._shared.baseline import baseline_line
from charnn.cli._shared.terminal import complain, write, write_json
from charnn.cli._shared.texts import note_left_out

if TYPE_CHECKING:
    import torch

    from charnn.runs.run import Run


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


def evaluate_text(run: Run, weights: str | None, device: torch.device, options: TextOptions) -> None:
    """Score a text with the model of a run, and print what was found."""
    from charnn.errors import UsageError
    from charnn.evaluation.notation import finite, shown
    from charnn.evaluation.score import score
    from charnn.runs.text import text_of_run
    from charnn.tasks.language_model import baseline_of, trained_network

    text, part, max_bpc, per_character = options.text, options.part, options.max_bpc, options.per_character
    skip_unknown, baseline, json = options.skip_unknown, options.baseline, options.json
    if baseline and per_character and not json:
        raise UsageError("--baseline is a line of the summary, which --per-character leaves out: add --json")
    vocabulary = run.vocabulary()
    read = text_of_run(run, vocabulary, text, part or "validation", skip_unknown=skip_unknown)
    note_left_out(read)
    model = trained_network(run, weights, device)
    result = score(model, read.ids, read.name)
    summary: dict[str, Any] = {
        "run": str(run.path),
        "text": read.name,
        "characters": result.characters,
        "left_out": read.left_out,
        "nats": result.nats,
        "bpc": result.bpc,
        "perplexity": finite(result.perplexity),
        "baseline": None,
    }
    if baseline:
        train = text_of_run(run, vocabulary, None, "train")
        summary["baseline"] = baseline_of(train.ids, len(vocabulary), read.ids)
    rows = []
    if per_character:
        rows = [
            (int(read.positions[place]), vocabulary.text([read.ids[place]]), float(nats))
            for place, nats in enumerate(result.losses, start=1)
        ]
    if json and per_character:
        summary["losses"] = [{"position": place, "character": symbol, "nats": nats} for place, symbol, nats in rows]
    if json:
        write_json(summary)
    elif per_character:
        write("".join(f"{place}\t{symbol!r}\t{nats:.6f}\n" for place, symbol, nats in rows).encode())
    else:
        line = f"{shown(result.nats)} nats  {shown(result.bpc)} bpc  perplexity {shown(result.perplexity)}"
        write(f"{line}  ({result.characters:,} characters of {read.name})\n")
        if baseline:
            write(f"{baseline_line(summary['baseline'])}\n".encode())
    if max_bpc is not None and result.bpc > max_bpc:
        complain(f"{shown(result.bpc)} bpc is above {max_bpc:g}")
        sys.exit(1)
