"""How a network is read where nothing is learned: by kernels alone where they can do it, else by torch.

What comes out has the methods of `charnn.inference` and takes arrays of NumPy, whatever works beneath.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from charnn.inference.examples import EncoderDecoder
from charnn.inference.stack import Stack
from charnn.inference.together import Together


def reading(network: Any, *, native: bool = True) -> Any:
    """A network of torch as it is read; what is read so already stays as it is.

    Args:
        network: a decoder, or a network of a table.
        native: whether kernels are taken where there are some.
    """
    if isinstance(network, (Stack, EncoderDecoder, Together)):
        return network
    from torch import nn

    if not isinstance(network, nn.Module):
        return network
    from charnn.networks.reading.arrays import as_arrays
    from charnn.networks.reading.on_torch import on_torch

    found = as_arrays(network) if native else None
    return on_torch(network) if found is None else found


def reading_together(networks: Sequence[Any]) -> Any:
    """Decoders with the same symbols as one, which gives the mean of their probabilities."""
    sources = [reading(network) for network in networks]
    return sources[0] if len(sources) == 1 else Together(sources)
