"""Mix a network with the Markov model of its training part."""

from __future__ import annotations

from typing import Annotated

import typer

from charnn.cli._shared.options import Json, RunName
from charnn.cli._shared.terminal import console, write, write_json


def command(
    run: RunName = None,
    order: Annotated[int, typer.Option(min=2, max=20, help="The order of the Markov model.")] = 7,
    json: Json = False,
) -> None:
    """Give a run a mixture of its network and the Markov model of its training part, and print the file's name.

    `charnn evaluate --mix` and `charnn sample --mix` use it, also where the text is gone. Weights of network and
    n-grams, and the rate of --adapt, are learned on the part of the text that `train.hold_out` kept from both; a run
    without one learns them while it reads.
    """
    from charnn.runs.layout import MIXTURE
    from charnn.runs.places import open_run
    from charnn.tasks.language_model import mix

    opened = open_run(run)
    with opened.locked():
        mixture, size = mix(opened, order)
    path = opened.path / MIXTURE
    if json:
        share = mixture.weights.mean(0).tolist() if mixture.weights is not None else None
        document = {"file": str(path), "order": order, "ngrams": mixture.model.size, "bytes": size}
        write_json({**document, "learned": mixture.is_learned, "weights": share, "rate": mixture.rate})
        return
    write(f"{path}\n")
    how = (
        f"weights and rate ({mixture.rate:.2g}) were learned on what `train.hold_out` kept"
        if mixture.is_learned
        else "weights and rate begin at their priors, and are learned from what is read"
    )
    console().print(f"{mixture.model.size:,} n-grams up to order {order}, {size / 1e6:.1f} MB; {how}", markup=False)
