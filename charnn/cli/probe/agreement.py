"""Ask whether a verb far away agrees with its subject."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charnn.cli._shared.legible import shortened, visible
from charnn.cli._shared.options import Device, DeviceOption, Json, WeightsOption, file_name
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import console, write_json
from charnn.errors import InputError

if TYPE_CHECKING:
    from charnn.analysis.agreement.answers import Answers
    from charnn.analysis.agreement.questions import Question
    from charnn.analysis.agreement.shares import Share
    from charnn.analysis.comparison.repetitions import Repetitions
    from charnn.networks.decoder import Decoder
    from charnn.runs.run import Run

_LABEL = 24
"""The columns that the name of a run takes at most, above its numbers."""


def command(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="Runs' folders, or their names in runs/; the newest if none is named."),
    ] = None,
    sentences: Annotated[int, typer.Option(min=1, max=1_000_000, metavar="N", help="How many sentences.")] = 5000,
    seed: Annotated[int, typer.Option(min=0, help="Which sentences; none of them is in a text of the corpus.")] = 1,
    comma: Annotated[
        bool, typer.Option("--comma", help="Ask instead whether a clause that a comma opened ends with one.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(parser=file_name, metavar="FILE", help="Draw the shares over the distance: a .png or .svg file."),
    ] = None,
    weights: WeightsOption = None,
    device: DeviceOption = Device.auto,
    json: Json = False,
) -> None:
    """Ask whether a verb far away agrees with its subject: the share of right verbs by distance.

    Sentences are drawn from the grammar of the corpus `agreement`. Of was and were, the run chooses the one that it
    finds likelier; chance is 0.5. Runs that differ in their seed alone share a column.
    """
    from charnn.analysis.agreement.picture import plot_shares
    from charnn.analysis.agreement.questions import ask
    from charnn.analysis.comparison.repetitions import repetitions
    from charnn.networks.devices import find_device
    from charnn.runs.places import open_run
    from charnn.storage.pictures import check_picture
    from charnn.tasks.language_model import trained_text_network

    what = "commas" if comma else "verbs"
    if plot is not None:
        check_picture(plot)
    opened = [open_run(name) for name in runs] if runs else [open_run(None)]
    groups = repetitions(opened)
    questions, where = ask(sentences, seed, comma=comma), find_device(device.value)
    chosen = weights.value if weights else None
    answers = [_answers(trained_text_network(run, chosen, where), run, questions) for run in opened]
    if plot is not None:
        plot_shares(plot, groups, answers, what)
    if json:
        labels = {number: group.label for group in groups for number in group.positions}
        documents = [
            {"run": str(run.path), "label": labels[number], **_document(answers[number])}
            for number, run in enumerate(opened)
        ]
        write_json({"about": what, "sentences": sentences, "seed": seed, "runs": documents})
        return
    _write(groups, answers)
    sizes = {len(group.positions) > 1 for group in groups}
    brackets = [
        text for several, text in ((True, "lowest and highest run"), (False, "95 % interval")) if several in sizes
    ]
    console().print(
        f"share of right {what} [{'; of a run that is alone, '.join(brackets)}]; chance is 0.5", markup=False
    )


def _answers(network: Decoder, run: Run, questions: list[Question]) -> Answers:
    """What a network answers; names a recipe where it cannot read the questions."""
    from charnn.analysis.agreement.answers import answer
    from charnn.data.text.vocabulary import UnknownSymbolsError

    try:
        return answer(network, run.vocabulary(), questions)
    except UnknownSymbolsError as error:
        mend = "`charnn train --config agreement-lstm` trains a network that can be asked"
        raise InputError(f"{error}; {mend}") from None


def _document(answers: Answers) -> dict[str, Any]:
    return {
        "distances": [{"distance": share.kind, **share.document()} for share in answers.by_distance()],
        "nearest": [{"nearest": share.kind, **share.document()} for share in answers.by_nearest()],
        "frame": [{"frame": share.kind, **share.document()} for share in answers.by_frame()],
        "all": answers.total().document(),
    }


def _write(groups: list[Repetitions], answers: list[Answers]) -> None:
    kinds = [[*run.by_distance(), *run.by_nearest(), *run.by_frame(), run.total()] for run in answers]
    rows = [
        [shares[0].kind, f"{shares[0].sentences:,}"]
        + [_cell([shares[number] for number in group.positions]) for group in groups]
        for shares in zip(*kinds, strict=True)
    ]
    labels = [shortened(visible(group.label), _LABEL) for group in groups]
    write_table(["distance", "sentences", *labels], rows, numbers=1 + len(groups))


def _cell(shares: list[Share]) -> str:
    from charnn.analysis.agreement.shares import mean_and_spread

    summary = mean_and_spread(shares)
    return f"{summary[0]:.3f} [{summary[1]:.2f}, {summary[2]:.2f}]" if summary else ""
