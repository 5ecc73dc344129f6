"""`charnn ngram-stats --explain`: the probability of a text by the chain rule, factor by factor."""

from __future__ import annotations

import math

from charnn.cli._ngrams.model_choice import ModelChoice, note_fixed_discounts
from charnn.cli._ngrams.source import Source
from charnn.cli._shared.legible import shown_unit, visible
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import write, write_json
from charnn.cli._shared.texts import checked_text
from charnn.errors import InputError
from charnn.evaluation.notation import finite, shown, shown_power


def show_factors(source: Source, choice: ModelChoice, text: str, *, json: bool) -> None:
    """Print the probability of each symbol of a text, and their product, in the model of every order."""
    from charnn.ngrams.evaluation import factors

    fit = choice.fit()
    dataset = source.read()
    ids = dataset.vocabulary.encode(checked_text(text, "--explain"), "the text of --explain")
    if not len(ids):
        raise InputError(f"the text of --explain has no {source.level}s")
    model = fit(dataset.train, len(dataset.vocabulary), choice.order)
    result = factors(model, ids)
    p, nats = result.probabilities, result.nats.tolist()
    powers = [-total / math.log(10) for total in nats]
    labels = dataset.vocabulary.labels(text, ids)
    if json:
        document = {
            "text": text,
            "model": choice.name,
            "fixed_discounts": list(model.fixed_lengths),
            "factors": [
                {"symbol": label, "probabilities": column.tolist()} for label, column in zip(labels, p.T, strict=True)
            ],
            "log10_products": [finite(power) for power in powers],
            "nats": [finite(total) for total in nats],
        }
        write_json(document)
        return
    cells = [visible(label) if source.level == "word" else shown_unit(label) for label in labels]
    rows = [(cell, *(f"{value:.3g}" for value in column)) for cell, column in zip(cells, p.T, strict=True)]
    rows.append(("product", *map(shown_power, powers)))
    rows.append(("nats", *map(shown, nats)))
    write(f"{visible(dataset.name)}: {choice.name}, P({source.level} | the order − 1 before it)\n")
    write_table(["", *(f"order {order}" for order in range(1, len(p) + 1))], rows, numbers=len(p), names=[0])
    note_fixed_discounts(model)
