"""The whole report of a run: what was trained, how the training went, and what came of it.

The same run gives the same page, apart from the facts of the machine that writes it. The page needs no matplotlib and
fetches nothing.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from charnn.analysis.pages import line_chart
from charnn.analysis.pages.html import Html, code, element, facts, paragraph, section, table
from charnn.analysis.pages.page import page
from charnn.analysis.report.curves import curves_section
from charnn.analysis.report.units import units_section
from charnn.analysis.units import colours
from charnn.errors import InputError
from charnn.evaluation.measures import bits, perplexity
from charnn.evaluation.notation import shown
from charnn.evaluation.recitation import in_words, recited
from charnn.runs.layout import CONFIG, METRICS, SAMPLES
from charnn.runs.overview import overview
from charnn.runs.run import Run
from charnn.runs.text import text_of_run
from charnn.tasks.language_model import new_network


def report(run: Run, environment: Mapping[str, str], baseline: Mapping[str, Any] | None = None) -> str:
    """The report as a page of HTML.

    Args:
        run: the run.
        environment: facts about this machine, by name.
        baseline: the best n-gram model's score on the validation part; by default the one that the run holds, if any.

    Raises:
        RunError: the run is incomplete or damaged.
    """
    best = baseline or run.baseline()
    return page(
        run.path.resolve().name,
        _summary(run),
        _score_section(run, best),
        curves_section(run, best),
        _samples_section(run.rows(SAMPLES), _recitations(run)),
        units_section(run),
        _repetition_section(run),
        section("The machine that wrote this report", facts(environment.items())),
        style=line_chart.STYLE + colours.style(),
    )


def _summary(run: Run) -> Html:
    known, vocabulary = overview(run), run.vocabulary()
    parameters = sum(parameter.numel() for parameter in new_network(run.config(), len(vocabulary)).parameters())
    steps = f"{known.step:,} step{'s' if known.step != 1 else ''}"
    return facts(
        [
            ("model", f"{known.model}, {parameters:,} parameters"),
            ("text", f"{known.text or 'unknown'}, {len(vocabulary)} different {vocabulary.unit}s"),
            ("training", f"{steps}, {known.epoch:.2f} epochs, {_duration(known.seconds)} of updates"),
            ("state", known.state),
        ]
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.1f} minutes"


def _score_section(run: Run, baseline: Mapping[str, Any] | None) -> Html:
    """The network's best validation loss next to that of the best n-gram model."""
    unit, reports = run.vocabulary().unit, run.rows(METRICS)
    losses = [float(row["validation_loss"]) for row in reports if row.get("validation_loss") is not None]
    if not losses:
        why = "Nothing was validated: the text has no validation part, or the training ended before."
        return section("How good it is", paragraph(why))
    scores = [("this network", min(losses))]
    if baseline:
        scores.append((f"the best n-gram model ({baseline['model']} of order {baseline['order']})", baseline["nats"]))
    rows = [[name, shown(nats), shown(bits(nats)), shown(perplexity(nats))] for name, nats in scores]
    columns = ["model", "nats", "bits", "perplexity"]
    caption = f"Per {unit} of the validation part of the text; lower is better"
    return section("How good it is", table(columns, rows, numbers=3, caption=caption), _comparison(scores, unit))


def _comparison(scores: list[tuple[str, float]], unit: str) -> Html:
    if len(scores) == 1:
        return paragraph(
            "How good is that? ", code("charnn report --baseline"), " puts the best n-gram model next to it."
        )
    (_, own), (_, other) = scores
    winner = "The network needs" if own < other else "The n-gram model needs"
    return paragraph(f"{winner} {bits(abs(own - other)):.3f} bits per {unit} less.")


def _recitations(run: Run) -> list[str]:
    """For each sample, how much of it stands in the training part; one line alone where that cannot be said."""
    samples, vocabulary = run.rows(SAMPLES), run.vocabulary()
    if not samples or vocabulary.unit == "byte":  # samples are kept as characters
        return []
    texts = [str(sample["text"]).encode() for sample in samples]
    try:
        train = text_of_run(run, vocabulary, None, "train").ids
        return [f"Copied: {in_words(recited(vocabulary, text, train), text)}." for text in texts]
    except InputError as error:
        return [f"How much of this stands in the training part cannot be said: {error}."]


def _samples_section(samples: list[dict[str, Any]], recitations: list[str]) -> Html:
    """What was sampled while it trained."""
    if not samples:
        how = "Nothing was sampled while it trained: the key ", code("train.sample_at"), " says after which steps to."
        return section("How its writing changed", paragraph(*how))
    parts = []
    for number, sample in enumerate(samples):
        step = int(sample["step"])
        heading = "Before the first step" if step == 0 else f"After {step:,} step{'s' if step > 1 else ''}"
        # A mark leaves letters joined; bold letters would be in another font than those that they join.
        prime = element("mark", str(sample["prime"]))
        parts += [element("h3", heading), element("pre", prime, str(sample["text"]), class_="text", dir="auto")]
        parts += [paragraph(line) for line in recitations[number : number + 1]]
    words = "What it wrote after so many steps, starting from the marked character."
    return section("How its writing changed", paragraph(words), *parts)


def _repetition_section(run: Run) -> Html:
    """The command and the configuration that repeat the run."""
    if run.config().corpus.is_absent:
        return section("How to repeat it", paragraph("The network was imported, and was not trained here."))
    command = f"charnn train --config {shlex.quote(str(run.path / CONFIG))}"
    words = (
        "trains the same model again, to the byte on a machine of the same kind, unless it was started with ",
        code("--init"),
        ". Elsewhere, save this configuration into a file and name that file instead:",
    )
    configuration = element("pre", run.config().to_yaml(), dir="ltr")
    return section("How to repeat it", element("pre", command, dir="ltr"), paragraph(*words), configuration)
