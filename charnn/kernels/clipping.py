"""Clipping a gradient, in one pass over it and one more where it has to be changed.

g ← min(1, θ / ‖g‖) g        g_i ← max(−θ, min(θ, g_i))
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from charnn.kernels.library import kernels, why_none


def clip(gradients: Sequence[Tensor], norm: float, value: float) -> tuple[float, bool]:
    """Clip a gradient in place: by the kernel where it takes these tensors, else by torch.

    Args:
        gradients: the parts of the gradient, one for each parameter.
        norm: what the norm of the whole gradient may be at most; infinite where it may be anything.
        value: what each number may be at most, positive or negative; infinite where it may be anything.

    Returns:
        The norm before, and whether anything was changed.
    """
    if why_none(*gradients, in_place=True) is None:
        return kernels().clip(gradients, norm, value)
    return clip_by_torch(gradients, norm, value)


@torch.no_grad()
def clip_by_torch(gradients: Sequence[Tensor], norm: float, value: float) -> tuple[float, bool]:
    """The same by torch, for any gradient."""
    gradients = list(gradients)
    before = float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients))))
    if before > norm:
        torch._foreach_mul_(gradients, norm / before)
    # No number is larger than the norm.
    exceeds = before > value and float(torch.stack(torch._foreach_norm(gradients, math.inf)).max()) > value
    if exceeds:
        torch._foreach_clamp_min_(gradients, -value)
        torch._foreach_clamp_max_(gradients, value)
    return before, before > norm or exceeds
