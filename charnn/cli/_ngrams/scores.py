"""`charnn ngram-stats --evaluate`: how well Markov models predict the validation part of a text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from charnn.cli._ngrams.model_choice import ModelChoice, note_fixed_discounts
from charnn.cli._ngrams.source import Source
from charnn.cli._shared.legible import visible
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import stages, write, write_json
from charnn.errors import UsageError
from charnn.evaluation.notation import finite, shown

if TYPE_CHECKING:
    from charnn.ngrams.evaluation import OrderScore


def parse_shares(text: str) -> tuple[float, ...]:
    """The shares of the parts that `--split` gives.

    Raises:
        UsageError: they are not two or three shares that add up to 1.
    """
    try:
        shares = tuple(float(share) for share in text.split(","))
    except ValueError:
        shares = ()
    if len(shares) not in (2, 3) or not all(0 < share < 1 for share in shares) or not math.isclose(sum(shares), 1.0):
        raise UsageError(f"--split takes two or three shares that add up to 1, such as 0.9,0.1, not `{text}`")
    return shares


def show_scores(source: Source, choice: ModelChoice, split: Sequence[float], *, json: bool, quiet: bool) -> None:
    """Print how well the model of every order predicts the validation part."""
    from charnn.ngrams.evaluation import best_order, evaluate

    fit = choice.fit()
    dataset = source.read(split)
    size, scored = len(dataset.vocabulary), len(dataset.validation) - 1
    with stages(2, quiet=quiet) as stage:
        stage("scoring the validation part")
        model = fit(dataset.train, size, choice.order)
        scores = evaluate(model, dataset.validation)
        stage("choosing the order on held-out text")
        best = best_order(fit, dataset.train, size, choice.order)
    order = best.order if math.isfinite(best.nats) else None
    unit = f"bits/{source.level}" if source.level == "word" else "bpc"
    if json:
        document = {
            "text": dataset.name,
            "level": source.level,
            "model": choice.name,
            "vocabulary": size,
            "scored": scored,
            "best_order": order,
            "fixed_discounts": list(model.fixed_lengths),
            "orders": [_document(score, unit) for score in scores],
        }
        write_json(document)
        return
    counted = f"{scored:,} {source.level}s of the validation part"
    write(f"{visible(dataset.name)}: {choice.name}, {counted}, {size:,} symbols\n")
    rows = [_row(score, order) for score in scores]
    write_table(["order", "nats", unit, "perplexity", "unseen", "n-grams"], rows, numbers=5)
    if order:
        write(b"* the best on the last tenth of the training part, held out\n")
    note_fixed_discounts(model)


def _document(score: OrderScore, unit: str) -> dict[str, Any]:
    return {
        "order": score.order,
        "nats": finite(score.nats),
        unit.replace("/", "_per_"): finite(score.bits),
        "perplexity": finite(score.perplexity),
        "unseen_share": score.unseen,
        "ngrams": score.size,
    }


def _row(score: OrderScore, best: int | None) -> tuple[str, ...]:
    return (
        f"{score.order}{' *' if score.order == best else ''}",
        shown(score.nats),
        shown(score.bits),
        shown(score.perplexity),
        "–" if score.unseen is None else f"{score.unseen:.2%}",
        f"{score.size:,}",
    )
