"""What all recurrent layers of `charnn.nn` do alike: parameters as torch names them, sequences in all their forms.

T time steps · B batch · D input_size · H hidden_size · L num_layers · G gates
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from charnn.bptt.execution import fastest
from charnn.cells import CELLS, Cell, State, build


class Layers(nn.Module):
    """A stack of layers of one cell, as `torch.nn` has it.

    Parameters of layer k: `weight_ih_l{k}` (G·H, D) or (G·H, H), `weight_hh_l{k}` (G·H, H), and the biases, (G·H)
    each. All of them start from U(−1/√H, 1/√H).

    Attributes:
        cell: the name of the cell.
        gates: its gates in the order of the parameters' rows.
        biases: the names of the biases, which are added up.
    """

    cell: ClassVar[str]
    gates: ClassVar[tuple[str, ...]]
    biases: ClassVar[tuple[str, ...]] = ("bias_ih", "bias_hh")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        """Layers with random weights; the arguments are those of `torch.nn.LSTM`.

        Args:
            input_size: D.
            hidden_size: H.
            num_layers: L.
            bias: whether there are biases.
            batch_first: whether batched input and output are (B, T, …) instead of (T, B, …).
            dropout: the share of the outputs of every layer but the last that is dropped in training.
            bidirectional: must be False.
            proj_size: must be 0.
            device: where the parameters are.
            dtype: their type.

        Raises:
            NotImplementedError: `bidirectional` or `proj_size` is asked for.
            ValueError: a size or the dropout is out of its range.
        """
        super().__init__()
        if bidirectional:
            raise NotImplementedError("charnn.nn has no bidirectional layers: `bidirectional` must be False")
        if proj_size:
            raise NotImplementedError("charnn.nn has no projections: `proj_size` must be 0")
        if min(input_size, hidden_size, num_layers) < 1:
            raise ValueError("`input_size`, `hidden_size` and `num_layers` must be 1 or more")
        if not 0 <= dropout <= 1:
            raise ValueError(f"`dropout` is a probability, from 0 to 1, not {dropout}")
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        rows = len(self.gates) * hidden_size
        for layer in range(num_layers):
            shapes: dict[str, tuple[int, ...]] = {
                "weight_ih": (rows, hidden_size if layer else input_size),
                "weight_hh": (rows, hidden_size),
            }
            shapes |= {name: (rows,) for name in self.biases if bias}
            for name, shape in shapes.items():
                self.register_parameter(
                    f"{name}_l{layer}", nn.Parameter(torch.empty(shape, device=device, dtype=dtype))
                )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters from U(−1/√H, 1/√H), in the order of torch."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing: there is no cuDNN beneath. Scripts for torch call it."""

    def extra_repr(self) -> str:
        """What `print` shows."""
        words = [f"{self.input_size}, {self.hidden_size}"]
        defaults: dict[str, Any] = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0}
        words += [f"{name}={getattr(self, name)}" for name, value in defaults.items() if getattr(self, name) != value]
        return ", ".join(words)

    def _read(
        self, x: Tensor | PackedSequence, parts: Sequence[Tensor] | None
    ) -> tuple[Tensor | PackedSequence, list[Tensor]]:
        """The outputs of the top layer in the form of the input, and each part of the last state, (L, B, H).

        Raises:
            ValueError: the input or the state has another shape.
        """
        if isinstance(x, PackedSequence):
            return self._read_packed(x, parts)
        self._check(x.dim() in (2, 3) and x.shape[-1] == self.input_size, "the input", x, "(T, B, input_size)")
        batched = x.dim() == 3
        if not batched:
            x, parts = x.unsqueeze(1), None if parts is None else [part.unsqueeze(1) for part in parts]
        elif self.batch_first:
            x = x.transpose(0, 1)
        h, last = self._opaque_run(x.contiguous(), parts, None)
        if not batched:
            return h.squeeze(1), [part.squeeze(1) for part in last]
        return (h.transpose(0, 1) if self.batch_first else h), last

    def _read_packed(self, x: PackedSequence, parts: Sequence[Tensor] | None) -> tuple[PackedSequence, list[Tensor]]:
        """Sequences of different lengths: each ends, with its state, where it is over."""
        padded, lengths = pad_packed_sequence(PackedSequence(x.data, x.batch_sizes))
        if parts is not None and x.sorted_indices is not None:
            parts = [part.index_select(1, x.sorted_indices) for part in parts]
        # torch has the lengths on the CPU, wherever the data is.
        h, last = self._opaque_run(padded, parts, lengths.to(padded.device))
        if x.unsorted_indices is not None:
            last = [part.index_select(1, x.unsorted_indices) for part in last]
        packed = pack_padded_sequence(h, lengths)
        return PackedSequence(packed.data, x.batch_sizes, x.sorted_indices, x.unsorted_indices), last

    def _opaque_run(
        self, x: Tensor, parts: Sequence[Tensor] | None, lengths: Tensor | None
    ) -> tuple[Tensor, list[Tensor]]:
        """`_run`, which `torch.compile` leaves as it is: compiled code does the work already."""
        if torch.compiler.is_compiling():
            return torch.compiler.disable(self._run)(x, parts, lengths)  # type: ignore[no-untyped-call, no-any-return]
        return self._run(x, parts, lengths)

    def _run(self, x: Tensor, parts: Sequence[Tensor] | None, lengths: Tensor | None) -> tuple[Tensor, list[Tensor]]:
        names = _blank(self.cell, self.input_size, self.hidden_size).state_parts
        shape = (self.num_layers, x.shape[1], self.hidden_size)
        parts = [x.new_zeros(shape)] * len(names) if parts is None else parts
        for name, part in zip(names, parts, strict=True):
            self._check(part.shape == shape, f"the state {name}", part, f"(num_layers, B, hidden_size), {shape}")
        last: list[State] = []
        for layer in range(self.num_layers):
            if layer and self.dropout and self.training:
                x = functional.dropout(x, self.dropout)
            state = tuple(part[layer] for part in parts)
            x, state = fastest().recurrence(self._cell(layer), x, state, None, lengths)
            last.append(state)
        return x, [torch.stack(part) for part in zip(*last, strict=True)]

    def _cell(self, layer: int) -> Cell:
        """The cell of a layer, with the parameters in its own order: columns of gates instead of rows."""
        blank = _blank(self.cell, self.hidden_size if layer else self.input_size, self.hidden_size)
        order = tuple(map(self.gates.index, blank.gates))

        def own(name: str) -> Tensor:
            return _columns(getattr(self, f"{name}_l{layer}"), order)

        W_x, W_h = own("weight_ih"), own("weight_hh")
        bias = [own(name) for name in self.biases] if self.bias else [W_x.new_zeros(W_x.shape[1])]
        return blank.with_weights(W_x=W_x, W_h=W_h, b=sum(bias[1:], bias[0]))

    @staticmethod
    def _check(holds: bool, what: str, tensor: Tensor, expected: str) -> None:
        if not holds:
            raise ValueError(f"{what} is of shape {tuple(tensor.shape)} and must be {expected}")


@lru_cache(64)
def _blank(cell: str, inputs: int, hidden: int) -> Cell:
    """A cell without weights; to make one takes longer than a small window."""
    with torch.device("meta"):
        return build(CELLS.load(cell).Options(), inputs, hidden)


def _columns(weight: Tensor, order: tuple[int, ...]) -> Tensor:
    """(D, G·H) of (G·H, D): gates side by side instead of one below the other, in another order; a bias stays a row."""
    return _Columns.apply(weight, order)  # type: ignore[no-untyped-call, no-any-return]


class _Columns(torch.autograd.Function):
    """Two copies there and two back: torch's own way back takes as long as a third of a small window."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, order: tuple[int, ...]) -> Tensor:
        ctx.order = order
        return _in_order(weight, order).t().contiguous()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return _in_order(gradient.t().contiguous(), [ctx.order.index(place) for place in range(len(ctx.order))]), None


def _in_order(weight: Tensor, order: Sequence[int]) -> Tensor:
    """The same rows, those of the gates in another order."""
    blocks = weight.chunk(len(order))
    return torch.cat([blocks[place] for place in order])


class OnePart(Layers):
    """Layers whose state is h alone."""

    def forward(
        self, input: Tensor | PackedSequence, hx: Tensor | None = None
    ) -> tuple[Tensor | PackedSequence, Tensor]:
        """Read sequences.

        Args:
            input: (T, B, D), or (B, T, D) with `batch_first`; (T, D) for a single sequence; or a packed sequence.
            hx: (L, B, H) the state before the first step, (L, H) for a single sequence; zeros where it is left out.

        Returns:
            Every h_t of the top layer in the form of the input, and the last h of each layer, (L, B, H).

        Raises:
            ValueError: a shape is another.
        """
        h, (last,) = self._read(input, None if hx is None else [hx])
        return h, last
