"""The plain recurrent layer, as `torch.nn.RNN` has it; the equations are those of `charnn/cells/rnn.py`."""

from __future__ import annotations

from typing import Any

from charnn.nn._layers import OnePart


class RNN(OnePart):
    """Takes the place of `torch.nn.RNN` with its `nonlinearity` tanh."""

    cell = "rnn"
    gates = ("h",)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        *more: Any,
        **options: Any,
    ) -> None:
        """Layers with random weights; the arguments are those of `torch.nn.RNN`.

        Raises:
            NotImplementedError: the `nonlinearity` is not tanh; see also `charnn.nn.LSTM`.
        """
        if nonlinearity != "tanh":
            raise NotImplementedError(f"charnn.nn.RNN has the `nonlinearity` tanh alone, not {nonlinearity!r}")
        super().__init__(input_size, hidden_size, num_layers, *more, **options)
        self.nonlinearity = nonlinearity
