"""Recurrent layers for networks of your own: `nn.Module`s with charnn's cells and kernels beneath.

>>> import charnn, torch
>>> layer = charnn.nn.LSTM(input_size=128, hidden_size=256, num_layers=2)
>>> output, (h_n, c_n) = layer(torch.randn(35, 20, 128))
>>> output.shape, h_n.shape
(torch.Size([35, 20, 256]), torch.Size([2, 20, 256]))

`LSTM` and `RNN` take the place of `torch.nn.LSTM` and `torch.nn.RNN`: the constructor, the names and shapes of the
parameters, the state dict, packed sequences, unbatched input and `batch_first` are theirs, and so are the numbers.
`GRU` and `SimpleGRU` have the same interface and are those of the lecture: `torch.nn.GRU` is another cell.

On a CPU the compiled kernels do the work, elsewhere torch does. Neither `bidirectional` nor `proj_size` is there.
"""

from charnn.nn.gru import GRU
from charnn.nn.lstm import LSTM
from charnn.nn.rnn import RNN
from charnn.nn.simple_gru import SimpleGRU

__all__ = ["GRU", "LSTM", "RNN", "SimpleGRU"]
