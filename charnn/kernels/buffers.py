"""Large buffers that come back from one training step to the next.

The system hands out new memory page by page, each zeroed first: for the 100 MB that a window of a large network saves
for its backward pass, that takes half as long as the arithmetic. A buffer comes back when torch frees its last tensor.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_ALIGNMENT = 64
# What is smaller than this, malloc keeps by itself.
_SMALLEST = 1 << 18

_free: list[NDArray[np.uint8]] = []


def empty(shape: Sequence[int], like: Tensor) -> Tensor:
    """A tensor of that shape and of the type and device of `like`, not initialised."""
    count = math.prod(shape)
    size = count * like.element_size()
    if size < _SMALLEST or like.device.type != "cpu":
        return like.new_empty(tuple(shape))
    buffer = _take(size)
    # torch holds this view as long as a tensor lies in it.
    lent = buffer[:size]
    weakref.finalize(lent, _free.append, buffer).atexit = False
    return torch.from_numpy(lent).view(like.dtype).view(tuple(shape))


def dense_like(tensor: Tensor) -> Tensor:
    """A dense tensor of the same shape, type and device, not initialised."""
    return torch.empty_like(tensor.contiguous())


def _take(size: int) -> NDArray[np.uint8]:
    """The smallest free buffer that is large enough, or a new one, for which the free ones make room."""
    fitting = [buffer for buffer in _free if size <= len(buffer) <= 2 * size]
    if fitting:
        best = min(fitting, key=len)
        _free[:] = [buffer for buffer in _free if buffer is not best]
        return best
    _free.clear()
    raw = np.empty(size + _ALIGNMENT, dtype=np.uint8)
    return raw[-raw.ctypes.data % _ALIGNMENT :][:size]
