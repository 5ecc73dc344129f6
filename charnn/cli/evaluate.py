"""Score a text with a trained model."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from charnn.cli._shared.baseline import BaselineOption, baseline_line
from charnn.cli._shared.options import Device, DeviceOption, Json, RunName, WeightsOption
from charnn.cli._shared.terminal import complain, write, write_json
from charnn.cli._shared.texts import note_left_out


class Part(StrEnum):
    """A part of the run's own text."""

    train = "train"
    validation = "validation"
    test = "test"


def command(
    run: RunName = None,
    text: Annotated[
        str | None, typer.Option("--text", metavar="TEXT", help="A path, a corpus, or - for standard input.")
    ] = None,
    part: Annotated[Part | None, typer.Option(help="A part of the run's own text; validation if no --text.")] = None,
    max_bpc: Annotated[float | None, typer.Option(metavar="X", help="Exit with 1 where bpc is above X.")] = None,
    per_character: Annotated[
        bool, typer.Option("--per-character", help="Print each character's loss: position, character, nats.")
    ] = False,
    skip_unknown: Annotated[
        bool, typer.Option("--skip-unknown", help="Leave out characters that the model does not know.")
    ] = False,
    baseline: BaselineOption = False,
    weights: WeightsOption = None,
    device: DeviceOption = Device.auto,
    json: Json = False,
) -> None:
    """Score a text with a run's model: nats, bits per character (bpc), perplexity.

    The whole text is read with the state carried from its first character to its last; every character but
    the first is counted.
    """
    from charnn.errors import UsageError
    from charnn.evaluation.notation import finite, shown
    from charnn.evaluation.score import score
    from charnn.networks.devices import find_device
    from charnn.runs.places import open_run
    from charnn.runs.text import text_of_run
    from charnn.tasks.language_model import baseline_of, trained_network

    if text is not None and part is not None:
        raise UsageError("--part is a part of the run's own text, and --text names another: give one of them")
    if baseline and per_character and not json:
        raise UsageError("--baseline is a line of the summary, which --per-character leaves out: add --json")
    if max_bpc is not None and not max_bpc >= 0:
        raise UsageError(f"--max-bpc takes a number from 0 on, not {max_bpc}")
    opened = open_run(run)
    vocabulary = opened.vocabulary()
    read = text_of_run(opened, vocabulary, text, part.value if part else "validation", skip_unknown=skip_unknown)
    note_left_out(read)
    model = trained_network(opened, weights.value if weights else None, find_device(device.value))
    result = score(model, read.ids, read.name)
    summary: dict[str, Any] = {
        "run": str(opened.path),
        "text": read.name,
        "characters": result.characters,
        "left_out": read.left_out,
        "nats": result.nats,
        "bpc": result.bpc,
        "perplexity": finite(result.perplexity),
        "baseline": None,
    }
    if baseline:
        train = text_of_run(opened, vocabulary, None, "train")
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
