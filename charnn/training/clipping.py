"""Clipping: the remedy for gradients that explode.

    norm:   g ← min(1, θ / ‖g‖) g        value:  g_i ← max(−θ, min(θ, g_i))

Sources: Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", 2013 (norm);
Mikolov, "Statistical language models based on neural networks", 2012 (value).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import Parameter

from charnn.sections import Clip


@dataclass(frozen=True)
class Clipped:
    """The norm of the whole gradient before it was clipped, and whether clipping changed it."""

    norm: float
    changed: bool


@torch.no_grad()
def clip_gradients(parameters: Sequence[Parameter], clip: Clip) -> Clipped:
    """Clip the gradients of all parameters in place."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients))))
    if clip.by == "none" or clip.threshold is None:
        return Clipped(norm, changed=False)
    if clip.by == "norm":
        if norm > clip.threshold:
            torch._foreach_mul_(gradients, clip.threshold / norm)
        return Clipped(norm, changed=norm > clip.threshold)
    largest = float(torch.stack(torch._foreach_norm(gradients, math.inf)).max())
    if largest > clip.threshold:
        torch._foreach_clamp_min_(gradients, -clip.threshold)
        torch._foreach_clamp_max_(gradients, clip.threshold)
    return Clipped(norm, changed=largest > clip.threshold)
