"""The best n-gram model next to a network: made of the same training part, scored on the same characters."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from charnn.evaluation.notation import shown

BaselineOption = Annotated[
    bool, typer.Option("--baseline", help="Put the best n-gram model of the training part next to the network.")
]


def baseline_line(baseline: dict[str, Any]) -> str:
    """What people read of it."""
    perplexity = "∞" if baseline["perplexity"] is None else shown(baseline["perplexity"])
    return (
        f"{shown(baseline['nats'])} nats  {shown(baseline['bpc'])} bpc  perplexity {perplexity}"
        f"  (the best n-gram model: {baseline['model']} of order {baseline['order']})"
    )
