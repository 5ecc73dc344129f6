"""Filling a network with the weights of a file."""

from __future__ import annotations

from torch import Tensor, nn

from charnn.errors import DivergedError, RunError


def fill(network: nn.Module, tensors: dict[str, Tensor], source: str) -> None:
    """Fill a network with tensors of its parameters' names and shapes; numbers are cast to its type.

    Args:
        source: what messages call the tensors.

    Raises:
        RunError: names or shapes differ.
        DivergedError: they hold numbers that are not finite, from which nothing true can be computed.
    """
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if expected != found:
        wrong = [f"{name} should have shape {shape}, not {found.get(name, 'be missing')}"
                 for name, shape in expected.items() if found.get(name) != shape]  # fmt: skip
        wrong += [f"{name} has no place in this model" for name in found if name not in expected]
        raise RunError(f"{source} does not fit the model: {'; '.join(wrong)}")
    if any(not tensor.is_floating_point() for tensor in tensors.values()):
        raise RunError(f"{source} does not fit the model: its numbers are not floating-point")
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise DivergedError(f"{source} has diverged: `{name}` holds numbers that are not finite")
    network.load_state_dict(tensors)
