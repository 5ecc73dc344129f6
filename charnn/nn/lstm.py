"""Long short-term memory, as `torch.nn.LSTM` has it; the equations are those of `charnn/cells/lstm.py`."""

from __future__ import annotations

from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from charnn.nn._layers import Layers


class LSTM(Layers):
    """Takes the place of `torch.nn.LSTM`: rows of the gates i, f, g, o, which the lecture calls u, f, c̃, o."""

    cell = "lstm"
    gates = ("u", "f", "c", "o")

    def forward(
        self, input: Tensor | PackedSequence, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor | PackedSequence, tuple[Tensor, Tensor]]:
        """Read sequences.

        Args:
            input: (T, B, D), or (B, T, D) with `batch_first`; (T, D) for a single sequence; or a packed sequence.
            hx: h and c before the first step, (L, B, H) each, (L, H) for a single sequence; zeros where left out.

        Returns:
            Every h_t of the top layer in the form of the input, and the last h and c of each layer, (L, B, H).

        Raises:
            ValueError: a shape is another.
        """
        output, (h, c) = self._read(input, hx)
        return output, (h, c)
