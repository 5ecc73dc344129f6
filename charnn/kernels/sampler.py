"""Drawing many symbols in one call of compiled code."""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import pointer
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.kernels.filling import filled
from charnn.kernels.library import kernels
from charnn.kernels.structures import (
    LayerArguments,
    MarkovArguments,
    MarkovLevelArguments,
    MixtureArguments,
    SamplerArguments,
)
from charnn.kernels.threads import threads


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


@dataclass(frozen=True)
class MarkovLevel:
    """The M n-grams of one length, by the C contexts that they begin with (see `charnn.ngrams.stored`).

    Attributes:
        begins: (C + 1) where those of each context begin, and where all end.
        last: (M) the last symbol of each, ascending within a context.
        alpha: (M), and `gamma` (C).
    """

    begins: NDArray[np.int64]
    last: NDArray[np.int64]
    alpha: NDArray[np.float64]
    gamma: NDArray[np.float64]


@dataclass(frozen=True)
class Markov:
    """A Markov model, and where each lane is in it.

    Attributes:
        levels: the n-grams of 1, 2, … symbols.
        nodes: (B, n) the places of the last 0, 1, … symbols among the n-grams of their length; −1: they are none.
        shortest: shorter contexts say nothing.
    """

    levels: Sequence[MarkovLevel]
    nodes: NDArray[np.int64]
    shortest: int


@dataclass(frozen=True)
class Mixture:
    """What is mixed with the probabilities of a network.

    Attributes:
        models: each over the one before it.
        sure: (S) the bounds between kinds of contexts, by the network's greatest probability.
        weights: (K, J) of the network and of each model, by the kind of context (see `charnn.mixture.stored`).
    """

    models: Sequence[Markov]
    sure: NDArray[np.float64]
    weights: NDArray[np.float64]


class Sampler:
    """Streams of text, one a lane, that go on from call to call.

    Attributes:
        states: the state of every layer after the last symbol that was drawn.
        logits: (B, V) those of the next symbol.
    """

    def __init__(
        self,
        network: Network,
        states: Sequence[tuple[NDArray[Any], ...]],
        logits: NDArray[Any],
        mixture: Mixture | None = None,
    ) -> None:
        """Begin with the logits of the first symbol, and the state that gave them.

        Args:
            network: the network.
            states: of every layer.
            logits: (B, V).
            mixture: what is mixed with the network; where each lane is in it changes from call to call.
        """
        # The kernels write into them.
        self.states = [tuple(np.array(part, order="C") for part in state) for state in states]
        self.logits = np.array(logits, order="C")
        self._network = network
        self._mixture = None if mixture is None else _mixture_arguments(mixture)

    def draw(
        self, uniforms: NDArray[np.float64], temperature: float, top_k: int | None, top_p: float | None
    ) -> NDArray[np.int64]:
        """Draw (T, B) symbols with as many uniform numbers; -1 stands where the logits were not finite.

        Args:
            uniforms: the numbers.
            temperature, top_k, top_p: how a symbol is chosen (see `charnn.generation.choice`).

        Raises:
            MemoryError: there is no room for the packed weights.
        """
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
            mixture=None if self._mixture is None else pointer(self._mixture),
        )
        kernels().sample(arguments, self.logits.dtype, threads())
        return drawn


def _arguments(layer: Layer, state: tuple[NDArray[Any], ...]) -> LayerArguments:
    return filled(
        LayerArguments,
        reads={"input_weights": layer.rows, "bias": layer.bias, "weights": layer.W_h},
        writes={"state": state},
        cell=layer.cell.encode(),
        inputs=len(layer.rows),
        hidden=len(layer.W_h),
    )


def _mixture_arguments(mixture: Mixture) -> MixtureArguments:
    models = [_markov_arguments(model) for model in mixture.models]
    made = filled(
        MixtureArguments,
        reads={"sure": mixture.sure, "weights": mixture.weights},
        writes={},
        models=len(models),
        bounds=len(mixture.sure),
        model=(MarkovArguments * len(models))(*models),
    )
    made.alive = made.alive, models
    return made


def _markov_arguments(model: Markov) -> MarkovArguments:
    levels = [
        filled(
            MarkovLevelArguments,
            reads={"begins": level.begins, "last": level.last, "alpha": level.alpha, "gamma": level.gamma},
            writes={},
        )
        for level in model.levels
    ]
    made = filled(
        MarkovArguments,
        reads={},
        writes={"nodes": model.nodes},
        order=len(levels),
        shortest=model.shortest,
        level=(MarkovLevelArguments * len(levels))(*levels),
    )
    made.alive = made.alive, levels
    return made
