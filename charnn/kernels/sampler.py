"""Drawing many characters in one call of the compiled kernels."""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import POINTER, Structure, c_char_p, c_double, c_int64, c_void_p
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from charnn.cells import Cell, State
from charnn.kernels.library import MOST_PARTS, kernels, pointers


class _LayerArguments(Structure):
    """`LayerArguments` of sampler.hpp, where each field is explained."""

    _fields_ = (
        ("cell", c_char_p),
        ("inputs", c_int64),
        ("hidden", c_int64),
        ("gates", c_int64),
        ("input_weights", c_void_p),
        ("bias", c_void_p),
        ("weights", c_void_p),
        ("state", c_void_p * MOST_PARTS),
    )


class SamplerArguments(Structure):
    """`SamplerArguments` of sampler.hpp, where each field is explained."""

    _fields_ = (
        ("layers", c_int64),
        ("lanes", c_int64),
        ("steps", c_int64),
        ("symbols", c_int64),
        ("layer", POINTER(_LayerArguments)),
        ("output_weights", c_void_p),
        ("output_bias", c_void_p),
        ("logits", c_void_p),
        ("uniforms", c_void_p),
        ("drawn", c_void_p),
        ("temperature", c_double),
        ("top_k", c_int64),
        ("top_p", c_double),
    )


@dataclass(frozen=True)
class Network:
    """A stack of cells between characters and logits.

    Attributes:
        cells: the layers.
        projected: (V, G·H) x W_x of every symbol in the first layer.
        W_q: (H, V), and `b_q` (V): the output layer.
    """

    cells: Sequence[Cell]
    projected: Tensor
    W_q: Tensor
    b_q: Tensor


class Sampler:
    """Streams of text, one a lane, that go on from call to call.

    Attributes:
        states: the state of every layer after the last symbol that was drawn.
        logits: (B, V) those of the next symbol.
    """

    def __init__(self, network: Network, states: Sequence[State], logits: Tensor) -> None:
        """Begin with the logits of the first symbol, and the state that gave them."""
        # The kernels write into them.
        self.states = [tuple(part.detach().clone().contiguous() for part in state) for state in states]
        self.logits = logits.detach().clone().contiguous()
        inputs = [network.projected, *(cell.W_x for cell in network.cells[1:])]
        self._layers = [
            (cell, rows.contiguous(), cell.b, cell.W_h.contiguous())
            for cell, rows in zip(network.cells, inputs, strict=True)
        ]
        self._output = network.W_q.contiguous(), network.b_q.contiguous()

    def draw(
        self, uniforms: NDArray[np.float64], temperature: float, top_k: int | None, top_p: float | None
    ) -> NDArray[np.int64]:
        """Draw (N, B) symbols with as many uniform numbers.

        Raises:
            MemoryError: there is no room for the packed weights.
        """
        uniforms = np.ascontiguousarray(uniforms)
        drawn = np.empty(uniforms.shape, dtype=np.int64)
        W_q, b_q = self._output
        layers = (_LayerArguments * len(self._layers))(
            *(
                _LayerArguments(
                    cell=cell.name.encode(),
                    inputs=cell.inputs,
                    hidden=cell.hidden,
                    gates=len(cell.gates),
                    input_weights=rows.data_ptr(),
                    bias=None if bias is None else bias.data_ptr(),
                    weights=W_h.data_ptr(),
                    state=pointers(state),
                )
                for (cell, rows, bias, W_h), state in zip(self._layers, self.states, strict=True)
            )
        )
        arguments = SamplerArguments(
            layers=len(self._layers),
            lanes=self.logits.shape[0],
            steps=len(uniforms),
            symbols=self.logits.shape[1],
            layer=layers,
            output_weights=W_q.data_ptr(),
            output_bias=b_q.data_ptr(),
            logits=self.logits.data_ptr(),
            uniforms=uniforms.ctypes.data,
            drawn=drawn.ctypes.data,
            temperature=temperature,
            top_k=top_k or 0,
            top_p=top_p or 0.0,
        )
        kernels().sample(arguments, self.logits.dtype, torch.get_num_threads())
        return drawn
