"""Clipping: the remedy for gradients that explode.

    norm:   g ← min(1, θ / ‖g‖) g        value:  g_i ← max(−θ, min(θ, g_i))

Sources: Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", 2013 (norm);
Mikolov, "Statistical language models based on neural networks", 2012 (value).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from torch.nn import Parameter

from charnn.configuration.sections import Clip
from charnn.kernels.clipping import clip as clip_in_place


@dataclass(frozen=True)
class Clipped:
    """The norm of the whole gradient before it was clipped, and whether clipping changed it."""

    norm: float
    changed: bool


def clip_gradients(parameters: Sequence[Parameter], clip: Clip) -> Clipped:
    """Clip the gradients of all parameters in place."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    return Clipped(*clip_in_place(gradients, *bounds(clip)))


def bounds(clip: Clip) -> tuple[float, float]:
    """θ for the norm, and θ for each number; infinite where there is none."""
    bound = clip.threshold if clip.threshold is not None and clip.by != "none" else math.inf
    return (bound, math.inf) if clip.by == "norm" else (math.inf, bound)
