"""The values that weights start from.

`orthogonal` (the default): every gate's recurrent matrix is orthogonal, so that h keeps its length at first
(Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning", 2014); one-hot inputs
are looked up on an embedding's scale, W_x ~ N(0, 1), since each step sees one row of W_x alone; dense inputs
and the decoder get N(0, 1/inputs) (LeCun et al., "Efficient BackProp", 1998); the LSTM's forget gate starts
open, b_f = 1 (Gers, Schmidhuber & Cummins, "Learning to forget", 2000).

`gaussian`: every weight from N(0, 0.01²), every bias 0, as in the classic NumPy program.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from charnn.networks.language_model import CharacterModel

GAUSSIAN_SCALE = 0.01


@torch.no_grad()
def initialise(model: CharacterModel, scheme: str, seed: int) -> None:
    """Fill all parameters; the same seed gives the same values on every device.

    Args:
        scheme: `orthogonal` or `gaussian`.
    """
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        values = torch.zeros(parameter.shape, dtype=parameter.dtype)
        if parameter.dim() > 1:
            values.normal_(generator=generator)
            if scheme == "gaussian":
                values *= GAUSSIAN_SCALE
        parameter.copy_(values)
    if scheme == "orthogonal":
        _scale_orthogonal(model, generator)


def _scale_orthogonal(model: CharacterModel, generator: Generator) -> None:
    for layer, cell in enumerate(model.stack()):
        if layer > 0 or model.embedding is not None:
            cell.W_x.mul_(cell.inputs**-0.5)
        for gate in cell.gates:
            columns = cell.columns((gate,))
            _orthogonal_(cell.W_h[:, columns], generator)
            if cell.b is not None:
                cell.b[columns] = cell.initial_bias.get(gate, 0.0)
    model.W_q.mul_(len(model.W_q) ** -0.5)


def _orthogonal_(matrix: Tensor, generator: Generator) -> None:
    values = torch.empty(matrix.shape, dtype=matrix.dtype)
    matrix.copy_(nn.init.orthogonal_(values, generator=generator))
