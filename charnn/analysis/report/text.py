"""What a report says of a run on a running text: its score, how its writing changed, and what its units follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from charnn.analysis.pages.html import Html, code, element, paragraph, section, table
from charnn.analysis.report.samples import NOTHING_SAMPLED, after_steps
from charnn.analysis.report.units import units_section
from charnn.errors import DivergedError, InputError
from charnn.evaluation.measures import bits, perplexity
from charnn.evaluation.notation import shown
from charnn.evaluation.recitation import in_words, recited
from charnn.runs.layout import METRICS, MIXTURE, SAMPLES
from charnn.runs.run import Run
from charnn.runs.text import text_of_run


def scores_section(run: Run, baseline: Mapping[str, Any] | None) -> Html:
    """The network's best validation loss next to that of the best n-gram model."""
    unit, reports = run.vocabulary().unit, run.rows(METRICS)
    losses = [float(row["validation_loss"]) for row in reports if row.get("validation_loss") is not None]
    if not losses:
        why = "Nothing was validated: the text has no validation part, or the training ended before."
        return section("How good it is", paragraph(why))
    scores = [("this network", min(losses)), *_mixed(run)]
    if baseline:
        scores.append((f"the best n-gram model ({baseline['model']} of order {baseline['order']})", baseline["nats"]))
    rows = [[name, shown(nats), shown(bits(nats)), shown(perplexity(nats))] for name, nats in scores]
    columns = ["model", "nats", "bits", "perplexity"]
    caption = f"Per {unit} of the validation part of the text; lower is better"
    comparison = _comparison(min(losses), baseline, unit)
    return section("How good it is", table(columns, rows, numbers=3, caption=caption), comparison)


def examples_sections(run: Run) -> list[Html]:
    """What was sampled while it trained, and what single units do."""
    return [_samples_section(run.rows(SAMPLES), _recitations(run)), units_section(run)]


def _mixed(run: Run) -> list[tuple[str, float]]:
    """The score of the network mixed with the n-grams of its training part, where the run has them and its text."""
    if not (run.path / MIXTURE).exists():
        return []
    from charnn.tasks._reading import Reading, reader_of

    try:
        read = text_of_run(run, run.vocabulary(), None, "validation")
        reader = reader_of([run], None, "cpu", Reading(mix=True))
        return [("network and n-grams, mixed", reader.score(read.ids, read.name).nats)]
    except (InputError, DivergedError):
        return []


def _comparison(own: float, baseline: Mapping[str, Any] | None, unit: str) -> Html:
    if not baseline:
        return paragraph(
            "How good is that? ", code("charnn report --baseline"), " puts the best n-gram model next to it."
        )
    other = float(baseline["nats"])
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
    if not samples:
        return section("How its writing changed", NOTHING_SAMPLED)
    parts = []
    for number, sample in enumerate(samples):
        # A mark leaves letters joined; bold letters would be in another font than those that they join.
        prime = element("mark", str(sample["prime"]))
        heading = after_steps(int(sample["step"]))
        parts += [element("h3", heading), element("pre", prime, str(sample["text"]), class_="text", dir="auto")]
        parts += [paragraph(line) for line in recitations[number : number + 1]]
    words = "What it wrote after so many steps, starting from the marked character."
    return section("How its writing changed", paragraph(words), *parts)
