"""Drawing many symbols in one call of compiled code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.kernels.library import kernels
from charnn.kernels.structures import MIX, LayerArguments, SamplerArguments, filled
from charnn.kernels.threads import threads

Mix = Callable[[NDArray[np.floating], int | None], None]


@dataclass(frozen=True)
class Layer:
    """One cell.

    Attributes:
        cell: its name.
        rows: (D, G·H) W_x; of the first layer x W_x of every symbol.
        bias: (G·H) what is added to each of them.
        W_h: (H, G·H) the recurrent weights.
    """

    cell: str
    rows: NDArray[Any]
    bias: NDArray[Any] | None
    W_h: NDArray[Any]


@dataclass(frozen=True)
class Network:
    """A stack of cells between symbols and logits.

    Attributes:
        layers: the cells; there is a kernel for each of them.
        W_q: (H, V), and `b_q` (V): the output layer.
    """

    layers: Sequence[Layer]
    W_q: NDArray[Any]
    b_q: NDArray[Any]


class Sampler:
    """Streams of text, one a lane, that go on from call to call.

    Attributes:
        states: the state of every layer after the last symbol that was drawn.
        logits: (B, V) those of the next symbol.
    """

    def __init__(self, network: Network, states: Sequence[tuple[NDArray[Any], ...]], logits: NDArray[Any]) -> None:
        """Begin with the logits of the first symbol, and the state that gave them."""
        # The kernels write into them.
        self.states = [tuple(np.array(part, order="C") for part in state) for state in states]
        self.logits = np.array(logits, order="C")
        self._network = network

    def draw(
        self,
        uniforms: NDArray[np.float64],
        temperature: float,
        top_k: int | None,
        top_p: float | None,
        mix: Mix | None = None,
    ) -> NDArray[np.int64]:
        """Draw (T, B) symbols with as many uniform numbers; -1 stands where the logits were not finite.

        Args:
            uniforms: the numbers.
            temperature, top_k, top_p: how a symbol is chosen (see `charnn.generation.choice`).
            mix: may change a lane's logits before a symbol is drawn. It is called with them, and with the symbol that
                was drawn before, or None at the first step.

        Raises:
            MemoryError: there is no room for the packed weights.
        """
        failed: list[BaseException] = []
        network, drawn = self._network, np.empty(uniforms.shape, dtype=np.int64)
        layers = [_arguments(layer, state) for layer, state in zip(network.layers, self.states, strict=True)]
        arguments = filled(
            SamplerArguments,
            reads={
                "output_weights": network.W_q,
                "output_bias": network.b_q,
                "uniforms": uniforms,
            },
            writes={"logits": self.logits, "drawn": drawn},
            layers=len(layers),
            lanes=self.logits.shape[0],
            steps=len(uniforms),
            symbols=self.logits.shape[1],
            layer=(LayerArguments * len(layers))(*layers),
            temperature=temperature,
            top_k=top_k or 0,
            top_p=top_p or 0.0,
            **({"mix": MIX(_guarded(mix, self.logits, drawn, failed))} if mix else {}),
        )
        kernels().sample(arguments, self.logits.dtype, threads())
        if failed:
            raise failed[0]
        return drawn


def _guarded(
    mix: Mix, logits: NDArray[np.floating], drawn: NDArray[np.int64], failed: list[BaseException]
) -> Callable[[int, int], None]:
    """The function with what it changes; an exception, which compiled code cannot pass on, is kept."""

    def call(step: int, lane: int) -> None:
        try:
            if not failed:
                mix(logits[lane], int(drawn[step - 1, lane]) if step else None)
        except BaseException as error:
            failed.append(error)

    return call


def _arguments(layer: Layer, state: tuple[NDArray[Any], ...]) -> LayerArguments:
    return filled(
        LayerArguments,
        reads={"input_weights": layer.rows, "bias": layer.bias, "weights": layer.W_h},
        writes={"state": state},
        cell=layer.cell.encode(),
        inputs=len(layer.rows),
        hidden=len(layer.W_h),
    )
