"""The options of how a running text is read: adapting or not, with n-grams or without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from charnn.errors import UsageError

if TYPE_CHECKING:
    from charnn.tasks._reading import Reading

AdaptOption = Annotated[bool, typer.Option("--adapt", help="Let the network learn from what it has read.")]
RateOption = Annotated[
    float | None, typer.Option("--rate", metavar="X", min=0, help="The rate of --adapt, instead of a learned one.")
]
DecayOption = Annotated[
    float, typer.Option("--decay", metavar="X", min=0, max=1, help="How fast --adapt returns to the trained weights.")
]
ScaledOption = Annotated[
    bool, typer.Option("--scaled", help="Steps of --adapt divided by how large gradients were in training (RMS).")
]
MixOption = Annotated[bool, typer.Option("--mix", help="Mix in the n-grams that `charnn mix` gave the run.")]


def chosen_reading(*, adapt: bool, rate: float | None, decay: float, scaled: bool, mix: bool) -> Reading:
    """The options together.

    Raises:
        UsageError: one of them has no meaning without another.
    """
    from charnn.tasks._reading import Reading

    for option, given in (("--rate", rate is not None), ("--decay", decay > 0), ("--scaled", scaled)):
        if given and not adapt:
            raise UsageError(f"{option} belongs to --adapt: add it, or leave {option} out")
    return Reading(adapt, rate, decay, scaled, mix)
