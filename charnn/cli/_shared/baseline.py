"""The best n-gram model beside a network: made of the same training part, scored on the same characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from charnn.data.text.units import Ids

BaselineOption = Annotated[
    bool, typer.Option("--baseline", help="Put the best n-gram model of the training part beside the network.")
]


def baseline_of(train: Ids, vocabulary: int, ids: Ids) -> dict[str, Any]:
    """What `baseline` in the JSON holds."""
    from charnn.ngrams.baseline import baseline

    found = baseline(train, vocabulary, ids)
    return {
        "model": found.model,
        "order": found.score.order,
        "nats": found.score.nats,
        "bpc": found.score.bits,
        "perplexity": found.score.perplexity,
    }


def baseline_line(found: dict[str, Any]) -> str:
    """What people read of it."""
    return (
        f"{found['nats']:.4f} nats  {found['bpc']:.4f} bpc  perplexity {found['perplexity']:.4f}"
        f"  (the best n-gram model: {found['model']} of order {found['order']})"
    )
