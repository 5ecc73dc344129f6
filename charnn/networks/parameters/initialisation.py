"""The values that weights start from.

`orthogonal` (the default): every gate's recurrent matrix is orthogonal, so that h keeps its length at first
(Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning", 2014); one-hot inputs
are looked up on an embedding's scale, W_x ~ N(0, 1), since each step sees one row of W_x alone; dense inputs
and the output layer get N(0, 1/inputs) (LeCun et al., "Efficient BackProp", 1998); the LSTM's forget gate starts
open, b_f = 1 (Gers, Schmidhuber & Cummins, "Learning to forget", 2000).

`gaussian`: every weight from N(0, 0.01²), every bias 0, as in the classic NumPy program.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from charnn.networks.stack import Stack

GAUSSIAN_SCALE = 0.01


@torch.no_grad()
def initialise(network: nn.Module, scheme: str, seed: int) -> None:
    """Fill all parameters; the same seed gives the same values on every device.

    Args:
        network: one network or several wired together.
        scheme: `orthogonal` or `gaussian`.
        seed: of the random numbers.
    """
    generator = torch.Generator().manual_seed(seed)
    for parameter in network.parameters():
        values = torch.zeros(parameter.shape, dtype=parameter.dtype)
        if parameter.dim() > 1:
            values.normal_(generator=generator)
            if scheme == "gaussian":
                values *= GAUSSIAN_SCALE
        parameter.copy_(values)
    if scheme == "orthogonal":
        for part in network.modules():
            if isinstance(part, Stack):
                _scale_stack(part, generator)
                for name, scale in part.initial_scales.items():
                    part.get_parameter(name).mul_(scale)


def _scale_stack(stack: Stack, generator: Generator) -> None:
    for layer, cell in enumerate(stack.layers):
        if layer > 0 or stack.embedding is not None:
            cell.W_x.mul_(cell.inputs**-0.5)
        for gate in cell.gates:
            columns = cell.columns((gate,))
            if cell.recurrent:
                _orthogonal_(cell.W_h[:, columns], generator)
            if cell.b is not None:
                cell.b[columns] = cell.initial_bias.get(gate, 0.0)
        for weight in cell.weights:
            if not weight.diagonal:
                for matrix in getattr(cell, weight.name).chunk(len(weight.gates), dim=1):
                    _orthogonal_(matrix, generator)


def _orthogonal_(matrix: Tensor, generator: Generator) -> None:
    values = torch.empty(matrix.shape, dtype=matrix.dtype)
    matrix.copy_(nn.init.orthogonal_(values, generator=generator))
