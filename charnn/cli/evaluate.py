"""Score a text, or the examples of a table, with a trained model."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from charnn.cli._shared.baseline import BaselineOption
from charnn.cli._shared.options import Device, DeviceOption, Json, SkipUnknown, WeightsOption, complete_run, file_name
from charnn.cli._shared.reading import AdaptOption, DecayOption, MixOption, RateOption, ScaledOption


class Part(StrEnum):
    """A part of the run's own text or table."""

    train = "train"
    validation = "validation"
    test = "test"


def command(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN]...",
            help="Runs' folders, or their names in runs/; the newest if none is named. The mean of several is scored.",
            autocompletion=complete_run,
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option("--text", metavar="TEXT", help="A text or a table: a path, a corpus, or - for standard input."),
    ] = None,
    part: Annotated[Part | None, typer.Option(help="A part of the run's own; validation if no --text.")] = None,
    max_bpc: Annotated[float | None, typer.Option(metavar="X", help="Exit with 1 where bpc is above X.")] = None,
    min_accuracy: Annotated[
        float | None, typer.Option(metavar="X", help="Exit with 1 where the share of right answers is below X.")
    ] = None,
    max_error_rate: Annotated[
        float | None, typer.Option(metavar="X", help="Exit with 1 where there are more than X errors a symbol.")
    ] = None,
    per_character: Annotated[
        bool, typer.Option("--per-character", help="Print each character's loss: position, character, nats.")
    ] = False,
    skip_unknown: SkipUnknown = False,
    adapt: AdaptOption = False,
    rate: RateOption = None,
    decay: DecayOption = 0.0,
    scaled: ScaledOption = False,
    mix: MixOption = False,
    beam: Annotated[
        int | None, typer.Option(min=1, max=1000, help="How wide the search for a target is; 1, if left out.")
    ] = None,
    confusion: Annotated[bool, typer.Option("--confusion", help="Print which label was taken for which.")] = False,
    plot: Annotated[
        Path | None,
        typer.Option(parser=file_name, metavar="FILE", help="Draw which label was taken for which (.png or .svg)."),
    ] = None,
    mistakes: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Print the N worst answers, and what was expected.")
    ] = None,
    baseline: BaselineOption = False,
    weights: WeightsOption = None,
    device: DeviceOption = Device.auto,
    json: Json = False,
) -> None:
    """Score a text with a run's model: nats, bits per character (bpc), perplexity; or its answers to a table.

    A whole text is read with the state carried from its first character to its last; every character but the first
    is counted. A table has the columns of the run's own.

    With --adapt the network learns from the text while it reads it, always from what it has already been scored on;
    nothing of the run changes. With --mix it is mixed with the n-grams of its training part (`charnn mix`), for texts
    and for labels; how much network and n-grams count for labels was learned on the validation part, so that another
    part says how good they are together.
    """
    from charnn.cli._evaluation.examples import ExampleOptions, evaluate_examples
    from charnn.cli._evaluation.text import TextOptions, evaluate_text
    from charnn.cli._shared.reading import chosen_reading
    from charnn.configuration.sections.corpus import Table
    from charnn.errors import UsageError
    from charnn.runs.places import open_run

    if text is not None and part is not None:
        raise UsageError("--part is a part of the run's own text, and --text names another: give one of them")
    bounds = {"--max-bpc": max_bpc, "--min-accuracy": min_accuracy, "--max-error-rate": max_error_rate}
    for option, bound in bounds.items():
        if bound is not None and not bound >= 0:  # NaN is not, and everything would pass it
            raise UsageError(f"{option} takes a number from 0 on, not {bound}")
    opened = [open_run(name) for name in runs] if runs else [open_run(None)]
    chosen = weights.value if weights else None
    of_text = {
        "--per-character": per_character,
        "--skip-unknown": skip_unknown,
        "--adapt": adapt,
        "--rate": rate is not None,
        "--decay": decay > 0,
        "--scaled": scaled,
    }
    of_examples = {
        "--min-accuracy": min_accuracy,
        "--max-error-rate": max_error_rate,
        "--beam": beam,
        "--confusion": confusion,
        "--plot": plot,
        "--mistakes": mistakes,
    }
    named = part.value if part else None
    tables = [run for run in opened if isinstance(run.config().corpus, Table)]
    if tables:
        if len(opened) > 1:
            raise UsageError(
                f"several runs are one on running texts alone, and {tables[0].path} was trained on a table"
            )
        _refuse(of_text, f"is for running texts, and {tables[0].path} was trained on a table")
        examples = ExampleOptions(
            *(text, named, beam, mix, confusion, plot, mistakes),
            *(min_accuracy, max_error_rate, max_bpc, baseline, json),
        )
        evaluate_examples(tables[0], chosen, device.value, examples)
    else:
        _refuse(of_examples, f"is for tables, and {opened[0].path} was trained on a running text")
        reading = chosen_reading(adapt=adapt, rate=rate, decay=decay, scaled=scaled, mix=mix)
        options = TextOptions(text, named, max_bpc, per_character, skip_unknown, baseline, json)
        evaluate_text(opened, chosen, device.value, reading, options)


def _refuse(options: Mapping[str, object], why: str) -> None:
    from charnn.errors import UsageError

    for option, given in options.items():
        if given is not None and given is not False:  # 0 is a bound too
            raise UsageError(f"{option} {why}: leave it out")
