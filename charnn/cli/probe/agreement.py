"""Ask whether a verb far away agrees with its subject."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charnn.cli._shared.options import Device, DeviceOption, Json, WeightsOption
from charnn.cli._shared.terminal import console, write_json, write_table

if TYPE_CHECKING:
    from charnn.analysis.agreement.agreement import Answers, Share
    from charnn.analysis.curves.repetitions import Repetitions


def command(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="Runs' folders, or their names in runs/; the newest if none is named."),
    ] = None,
    sentences: Annotated[int, typer.Option(min=1, metavar="N", help="How many sentences.")] = 5000,
    seed: Annotated[int, typer.Option(min=0, help="Which sentences; no text has any of them.")] = 1,
    comma: Annotated[
        bool, typer.Option("--comma", help="Ask instead whether a clause that a comma opened ends in one.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the shares over the distance: a .png or .svg.")
    ] = None,
    weights: WeightsOption = None,
    device: DeviceOption = Device.auto,
    json: Json = False,
) -> None:
    """Ask whether a verb far away agrees with its subject: the share of right verbs by distance.

    Sentences are drawn from the grammar of the corpus agreement. A verb is right where the run finds it likelier
    than the other one, of was and were; chance is 0.5. Runs that differ in their seed alone are taken together.
    """
    from charnn.analysis.agreement.agreement import answer, ask
    from charnn.analysis.agreement.picture import draw_shares
    from charnn.analysis.curves.repetitions import repetitions
    from charnn.networks.devices import find_device
    from charnn.runs.places import open_run
    from charnn.storage.pictures import check_picture
    from charnn.tasks.language_model import trained_network

    what = "commas" if comma else "verbs"
    if plot is not None:
        check_picture(plot)
    opened = [open_run(name) for name in runs] if runs else [open_run(None)]
    groups = repetitions(opened)
    questions, place = ask(sentences, seed, comma=comma), find_device(device.value)
    chosen = weights.value if weights else None
    answers = [answer(trained_network(run, chosen, place), run.vocabulary(), questions) for run in opened]
    if plot is not None:
        draw_shares(plot, groups, answers, what)
    if json:
        labels = {number: group.label for group in groups for number in group.places}
        documents = [
            {"run": str(run.path), "label": labels[number], **_document(answers[number])}
            for number, run in enumerate(opened)
        ]
        write_json({"about": what, "sentences": sentences, "seed": seed, "runs": documents})
        return
    _write(groups, answers)
    sizes = {len(group.places) > 1 for group in groups}
    brackets = [
        text for several, text in ((True, "lowest and highest run"), (False, "95 % interval")) if several in sizes
    ]
    console().print(
        f"share of right {what} [{'; of a run that is alone, '.join(brackets)}]; chance is 0.5", markup=False
    )


def _document(answers: Answers) -> dict[str, Any]:
    return {
        "distances": [{"distance": share.kind, **share.document()} for share in answers.by_distance()],
        "nearest": [{"nearest": share.kind, **share.document()} for share in answers.by_nearest()],
        "frame": [{"frame": share.kind, **share.document()} for share in answers.by_frame()],
        "all": answers.total().document(),
    }


def _write(groups: list[Repetitions], answers: list[Answers]) -> None:
    kinds = [[*found.by_distance(), *found.by_nearest(), *found.by_frame(), found.total()] for found in answers]
    rows = [
        [shares[0].kind, f"{shares[0].sentences:,}"]
        + [_cell([shares[number] for number in group.places]) for group in groups]
        for shares in zip(*kinds, strict=True)
    ]
    write_table(["distance", "sentences", *(group.label for group in groups)], rows, numbers=1 + len(groups))


def _cell(shares: list[Share]) -> str:
    from charnn.analysis.agreement.agreement import mean_and_spread

    found = mean_and_spread(shares)
    return f"{found[0]:.3f} [{found[1]:.2f}, {found[2]:.2f}]" if found else ""
