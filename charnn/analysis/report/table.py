"""What a report says of a run on a table: its scores, what it answered, which labels it confused, its mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from charnn.analysis.answers.page import confusion_table
from charnn.analysis.pages.html import Html, code, paragraph, section, table
from charnn.analysis.report.samples import NOTHING_SAMPLED, after_steps
from charnn.errors import CharnnError
from charnn.evaluation.examples import Evaluation, Mistake
from charnn.runs.layout import METRICS, MIXTURE, SAMPLES
from charnn.runs.run import Run
from charnn.tasks import TASKS, reading_network
from charnn.tasks._examples import examples_of_run

_VALIDATION = "validation_"
_MISTAKES = 20


def scores_section(run: Run, baseline: Mapping[str, Any] | None) -> Html:
    """What the best network scored on the validation part, next to the best n-gram model."""
    config, title = run.config(), "How good it is"
    task = TASKS.load(config.task.name)
    measure = task.measure_of(config)
    reports = [row for row in run.rows(METRICS) if row.get(_VALIDATION + measure) is not None]
    if not reports:
        return section(title, paragraph("Nothing was validated: there is no such part, or the training ended before."))
    choose = max if task.measures[measure] else min
    best = choose(reports, key=lambda row: float(row[_VALIDATION + measure]))
    names = [name.removeprefix(_VALIDATION) for name in best if name.startswith(_VALIDATION)]
    columns, peer = ["measure", "this network"], dict(baseline or {})
    peer["loss"] = peer.get("nats")
    if baseline:
        columns.append(f"n-grams ({baseline['model']}, order {baseline['order']})")
    rows = [
        [name.replace("_", " "), _number(best[_VALIDATION + name]), *([_number(peer.get(name))] if baseline else [])]
        for name in names
    ]
    when = f"{after_steps(int(best['step']))}, where its {measure.replace('_', ' ')} on the validation part was best"
    scores = table(columns, rows, numbers=len(columns) - 1, caption=f"{when}; the loss is in nats")
    how = paragraph("How good is that? ", code("charnn report --baseline"), " puts Markov models next to it.")
    mixed = paragraph(
        "It can be mixed with n-grams: ",
        code("charnn evaluate --mix --part test"),
        " says what they add. How much they count was learned on the validation part.",
    )
    notes = [
        *([how] if task.has_baseline and not baseline else []),
        *([mixed] if (run.path / MIXTURE).exists() else []),
    ]
    return section(title, scores, *notes)


def examples_sections(run: Run) -> list[Html]:
    """What it answered while it trained; and what it answers now to the rows for validation."""
    return [_samples_section(run.rows(SAMPLES)), *_answers(run)]


def _samples_section(samples: Sequence[dict[str, Any]]) -> Html:
    title = "How its answers changed"
    if not samples:
        return section(title, NOTHING_SAMPLED)
    expects = any("expected" in sample for sample in samples)
    columns = ["when", "read", "answered", *(["expected"] if expects else [])]
    keys = ["prime", "text", *(["expected"] if expects else [])]
    rows = [[after_steps(int(sample["step"])), *(str(sample.get(key, "")) for key in keys)] for sample in samples]
    return section(title, table(columns, rows))


def _answers(run: Run) -> list[Html]:
    """The confusion of its labels and its worst mistakes, where its task has them and its table is at hand."""
    title = "What it gets wrong"
    try:
        task, part = examples_of_run(run)
        found = task.evaluate(reading_network(run, None, "cpu"), part)
    except CharnnError as error:
        return [section(title, paragraph(f"This cannot be shown: {error}."))]
    parts = []
    if found.confusion is not None:
        words = f"The rows of the {part} part by their label, and by what was answered; red is right, blue is wrong."
        parts.append(section("Which labels it confuses", paragraph(words), confusion_table(found.confusion)))
    if found.mistakes is not None:
        parts.append(section(title, _mistakes(found, part)))
    return parts


def _mistakes(found: Evaluation, part: str) -> Html:
    assert found.mistakes is not None
    worst: list[Mistake] = found.mistakes(_MISTAKES)
    if not worst:
        return paragraph(f"Nothing in the {part} part.")
    rows = [[one.input, one.answer or "", one.expected, "" if one.nats is None else f"{one.nats:.2f}"] for one in worst]
    columns = ["read", "answered", "expected", "nats"]
    if not any(row[-1] for row in rows):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    caption = f"The worst {len(rows)} of the {part} part"
    return table(columns, rows, numbers=len(columns) - 3, caption=caption)


def _number(value: Any) -> str:
    return "" if value is None else f"{float(value):.4f}"
