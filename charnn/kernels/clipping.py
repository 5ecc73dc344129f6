"""Clipping a gradient, in one pass over it and one more where it has to be changed.

g ← min(1, θ / ‖g‖) g        g_i ← max(−θ, min(θ, g_i))
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from ctypes import addressof, c_double, c_int64, c_void_p

import torch
from torch import Tensor

from charnn.kernels.library import Kernel, kernels, precision_of, why_none
from charnn.kernels.structures import ClipArguments


def clip(gradients: Sequence[Tensor], norm: float, value: float) -> tuple[float, bool]:
    """Clip a gradient in place: by the kernel where it takes these tensors, else by torch.

    Args:
        gradients: the parts of the gradient, one for each parameter.
        norm: what the norm of the whole gradient may be at most; infinite where it may be anything.
        value: what each number may be at most, positive or negative; infinite where it may be anything.

    Returns:
        The norm before, and whether anything was changed.
    """
    if why_none(*gradients, in_place=True) is not None:
        return clip_by_torch(gradients, norm, value)
    before, changed = c_double(), c_int64()
    arguments = clip_arguments(gradients, norm, value, before, changed)
    kernels().run(kernels().call(Kernel.CLIPPING, arguments, precision_of(gradients[0].dtype)))
    return before.value, bool(changed.value)


def clip_arguments(
    gradients: Sequence[Tensor], norm: float, value: float, before: c_double, changed: c_int64
) -> ClipArguments:
    """What the kernel takes; it writes the norm into `before`, and into `changed` whether anything was changed."""
    count = len(gradients)
    addresses = (c_void_p * count)(*(gradient.data_ptr() for gradient in gradients))
    lengths = (c_int64 * count)(*(gradient.numel() for gradient in gradients))
    arguments = ClipArguments(
        *(count, addressof(addresses), addressof(lengths), norm, value, addressof(before), addressof(changed))
    )
    arguments.alive = gradients, addresses, lengths, before, changed
    return arguments


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
