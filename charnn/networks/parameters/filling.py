"""Filling a network with the weights of a file."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from torch import Tensor, nn

from charnn.storage.fitting import check_fit


def fill(network: nn.Module, tensors: dict[str, Tensor], source: str) -> None:
    """Fill a network with tensors of its parameters' names and shapes; numbers are cast to its type.

    Args:
        source: what messages call the tensors.

    Raises:
        RunError: names or shapes differ.
        DivergedError: they hold numbers that are not finite, from which nothing true can be computed.
    """
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    # NumPy knows no bfloat16, in which another program may have written them.
    check_fit(expected, {name: _array(tensor) for name, tensor in tensors.items()}, source)
    network.load_state_dict(tensors)


def _array(tensor: Tensor) -> NDArray[Any]:
    return (tensor.float() if tensor.is_floating_point() and tensor.itemsize < 4 else tensor).detach().cpu().numpy()
