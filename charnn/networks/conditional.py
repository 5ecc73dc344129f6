"""The conditional generator, one to many: a label's row of a table is the state that a decoder starts from.

h_0 = a row of S, its parts and layers side by side      o_t = W_qh h_t + b_q,  over the symbols and the border ⊢
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from charnn.batches.batch import Batch, ExampleBatch
from charnn.bptt.execution import Execution
from charnn.configuration.sections import Model
from charnn.kernels.program import Program, Value
from charnn.networks.decoder import Decoder
from charnn.networks.dropout import Dropout
from charnn.networks.network import Network
from charnn.networks.recording.batch import RecordedBatch
from charnn.networks.recording.decoding import record_decoded
from charnn.networks.recording.rows import RecordedRows
from charnn.networks.rows import decoded_loss
from charnn.networks.stack import States


class ConditionalGenerator(Decoder, Network):
    """A decoder with an entry state for each label.

    Parameters: those of the decoder, and `entry` (K, the numbers of a whole state): layer after layer, part after part.
    """

    def __init__(self, labels: int, symbols: int, options: Model) -> None:
        """A generator of the section `model`, all of whose weights are 0.

        Args:
            labels: K.
            symbols: how many symbols a text is made of, without the border.
            options: the section.
        """
        super().__init__(symbols + 1, options)
        width = sum(part.shape[1] for cell in self.layers for part in cell.zero_state(1))
        self.entry = nn.Parameter(torch.zeros(labels, width))

    @property
    def initial_scales(self) -> dict[str, float]:
        """See `Stack`: the states of labels start near each other, and well inside the range of h."""
        return {**super().initial_scales, "entry": 0.1}

    def zero_state(self, lanes: int) -> States:
        """See `Network`: no state is carried from one batch to the next."""
        return ()

    def entry_states(self, labels: Int[Tensor, " B"]) -> States:
        """The state that the text of each label starts from."""
        widths = [cell.hidden for cell in self.layers for _ in cell.state_parts]
        numbers = iter(torch.split(self.entry[labels], widths, dim=1))
        return tuple(tuple(next(numbers) for _ in cell.state_parts) for cell in self.layers)

    def forward(
        self, batch: Batch, states: States, execution: Execution, dropout: Dropout | None = None
    ) -> tuple[Float[Tensor, ""], States]:
        """The losses of the batch's texts, summed (see `Network`)."""
        assert isinstance(batch, ExampleBatch)
        return decoded_loss(self, batch, self.entry_states(batch.inputs.ids[0]), execution, dropout), ()

    def record(self, program: Program, values: Mapping[str, Value], batch: RecordedBatch) -> list[list[Value]]:
        """See `Network`."""
        assert isinstance(batch, RecordedRows)
        entry, parts = values["entry"], sum(len(cell.state_parts) for cell in self.layers)

        def part(number: int) -> Value:
            """A part of a layer's state: a label's row holds all of them side by side."""
            places = batch.fixed(lambda rows: rows.inputs.ids[0] * parts + number)
            return program.gathered(entry, places, (batch.rows, len(self.W_q)))

        numbers = iter(range(parts))
        states = [[part(next(numbers)) for _ in cell.state_parts] for cell in self.layers]
        record_decoded(self, program, values, batch, states)
        return []
