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
    made_of = f"  (the best n-gram model: {baseline['model']} of order {baseline['order']})"
    if "bpc" not in baseline:
        scores = {name: value for name, value in baseline.items() if name not in ("model", "order", "nats")}
        told = "  ".join(f"{name.replace('_', ' ')} {value:.4f}" for name, value in scores.items())
        return f"{shown(baseline['nats'])} nats  {told}{made_of}"
    perplexity = "∞" if baseline["perplexity"] is None else shown(baseline["perplexity"])
    return f"{shown(baseline['nats'])} nats  {shown(baseline['bpc'])} bpc  perplexity {perplexity}{made_of}"
