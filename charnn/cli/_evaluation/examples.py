"""Scoring examples: a part of a run's own table, or another table with the same columns."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from charnn.cli._shared.baseline import baseline_line
from charnn.cli._shared.legible import visible
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import complain, console, write, write_json
from charnn.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from charnn.evaluation.examples import Confusion, Evaluation, Mistake
    from charnn.runs.run import Run

# The score that each threshold is about, for a task that has it.
_ACCURACY, _ERRORS = ("accuracy", "exact_match"), ("symbol_error_rate",)


@dataclass(frozen=True)
class ExampleOptions:
    """What is asked of examples; see the options of `charnn evaluate`."""

    text: str | None
    part: str | None
    beam: int | None
    mix: bool
    confusion: bool
    plot: Path | None
    mistakes: int | None
    min_accuracy: float | None
    max_error_rate: float | None
    max_bpc: float | None
    baseline: bool
    json: bool


def evaluate_examples(run: Run, weights: str | None, device: str, options: ExampleOptions) -> None:
    """Score examples with the model of a run, and print what was found.

    Raises:
        UsageError: the task has no such score.
    """
    from charnn.analysis.answers.picture import plot_confusion
    from charnn.storage.pictures import check_picture, write_picture
    from charnn.tasks import TASKS, reading_network
    from charnn.tasks._examples import examples_of_run

    of_run = TASKS.load(run.config().task.name)
    for option, given in (("--confusion", options.confusion), ("--plot", options.plot)):
        if given and "accuracy" not in of_run.measures:
            raise UsageError(f"{option} is for labels, and {run.path} answers with other texts: leave it out")
    of_run.check_beam(options.beam)
    if options.plot is not None:
        check_picture(options.plot)
    task, part = examples_of_run(run, options.text, options.part)
    for note in task.examples.notes:
        console().print(note, markup=False)
    network = reading_network(run, weights, device)
    if options.mix:
        network = task.mixed(run, network)
        console().print(network.how, markup=False)
        if options.text is None and part == "validation":
            console().print("they were learned on these rows: --part test is fair, where there is one", markup=False)
    found = task.evaluate(network, part, options.beam or 1)
    missed = _missed(found, options)
    name = f"the {part} part of {task.examples.text.name}" if options.text is None else task.examples.text.name
    baseline = task.baseline(part) if options.baseline else None
    if options.mistakes and found.mistakes is None:
        raise UsageError(f"--mistakes is for answers, and {run.path} gives none: leave it out")
    if options.plot is not None and found.confusion is not None:
        write_picture(options.plot, plot_confusion(found.confusion))
        console().print(f"drew {options.plot}", markup=False)
    mistakes = found.mistakes(options.mistakes) if options.mistakes and found.mistakes else []
    if options.json:
        write_json(_document(run, name, found, options, mistakes, baseline))
    else:
        write(f"{_line(found)}  ({found.rows:,} rows of {name})\n".encode())
        if baseline is not None:
            write(f"{baseline_line(baseline)}\n".encode())
        if options.confusion and found.confusion is not None:
            _write_confusion(found.confusion)
        if mistakes:
            _write_mistakes(mistakes)
    for complaint in missed:
        complain(complaint)
    if missed:
        sys.exit(1)


def _missed(found: Evaluation, options: ExampleOptions) -> list[str]:
    """The thresholds that were missed, in words.

    Raises:
        UsageError: a threshold is about a score that the task does not have.
    """
    asked = [
        ("--min-accuracy", options.min_accuracy, _ACCURACY, 1),
        ("--max-error-rate", options.max_error_rate, _ERRORS, -1),
        ("--max-bpc", options.max_bpc, ("bpc",), -1),
    ]
    missed = []
    for option, bound, names, sign in asked:
        if bound is None:
            continue
        name = next((name for name in names if name in found.values), None)
        if name is None:
            known = ", ".join(found.values)
            raise UsageError(f"{option} is about {' or '.join(names)}, and this task is scored by {known}")
        value = found.values[name]
        if sign * value < sign * bound:
            missed.append(f"{name.replace('_', ' ')} {value:.4f} is {'below' if sign > 0 else 'above'} {bound:g}")
    return missed


def _line(found: Evaluation) -> str:
    values = dict(found.values)
    loss = values.pop("loss")
    return f"{loss:.4f} nats  " + "  ".join(
        f"{name.replace('_', ' ')} {'∞' if value is None else f'{value:.4f}'}" for name, value in values.items()
    )


def _document(
    run: Run,
    name: str,
    found: Evaluation,
    options: ExampleOptions,
    mistakes: Sequence[Mistake],
    baseline: dict[str, Any] | None,
) -> dict[str, Any]:
    document: dict[str, Any] = {"run": str(run.path), "table": name, "rows": found.rows, "left_out": found.left_out}
    document |= {"mixed": True} if options.mix else {}
    document |= {**found.values, "baseline": baseline}
    if options.confusion and found.confusion is not None:
        labels, counts = found.confusion
        document["confusion"] = {"labels": list(labels), "counts": counts.tolist()}
    if options.mistakes:
        document["mistakes"] = [mistake._asdict() for mistake in mistakes]
    return document


def _write_confusion(confusion: Confusion) -> None:
    """A table: the right label by row, the answers by column."""
    labels, shown = confusion.labels, confusion.shown
    columns = ["right ↓  said →", *map(visible, labels), *([] if shown.shape[1] == len(labels) else ["nothing"])]
    rows = [[visible(label), *map(str, row)] for label, row in zip(labels, shown.tolist(), strict=True)]
    write_table(columns, rows, len(columns) - 1)


def _write_mistakes(mistakes: Sequence[Mistake]) -> None:
    write_table(
        ["read", "said", "expected", "nats"],
        [
            [
                visible(one.input),
                "" if one.answer is None else visible(one.answer),
                visible(one.expected),
                "" if one.nats is None else f"{one.nats:.2f}",
            ]
            for one in mistakes
        ],
        1,
        names=[0, 1, 2],
    )
