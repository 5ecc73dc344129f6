"""The layers of `charnn.nn`: torch's own are the oracle of LSTM and RNN, charnn's cells that of GRU and SimpleGRU."""

from __future__ import annotations

import copy
import pickle
import random
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_sequence

import charnn.nn
from charnn.bptt.engines import ENGINES
from charnn.cells import build
from charnn.configuration.sections import default_cell
from tests.models import relative_difference

PAIRS = [(charnn.nn.LSTM, nn.LSTM), (charnn.nn.RNN, nn.RNN)]
OWN = [(charnn.nn.GRU, "gru"), (charnn.nn.SimpleGRU, "simple-gru")]
ALL = [own for own, _ in (*PAIRS, *OWN)]


def flat(output: Any) -> list[Tensor]:
    if isinstance(output, PackedSequence):
        return [output.data]
    return [output] if isinstance(output, Tensor) else [tensor for part in output for tensor in flat(part)]


def weighted(results: list[Tensor], weights: list[Tensor]) -> Tensor:
    sums = [(result * weight.reshape(result.shape)).sum() for result, weight in zip(results, weights, strict=True)]
    return torch.stack(sums).sum()


def gradients(layer: nn.Module, x: Any, hx: Any, weights: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """The outputs, and the gradient of a weighted sum of them to all parameters and inputs."""
    results = flat(layer(x, hx))
    total = weighted(results, weights)
    read = [tensor for tensor in flat([x, hx] if hx is not None else [x]) if tensor.requires_grad]
    return results, list(torch.autograd.grad(total, [*layer.parameters(), *read]))


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_outputs_gradients_and_state_dicts_are_torchs(own: Any, other: Any, seed: int) -> None:
    rng = random.Random(seed)
    torch.manual_seed(seed)
    sizes = {"input_size": rng.randint(1, 9), "hidden_size": rng.randint(1, 40), "num_layers": rng.randint(1, 3)}
    options = {"bias": rng.random() < 0.8, "batch_first": rng.random() < 0.5, "dtype": torch.float64}
    ours, theirs = own(**sizes, **options), other(**sizes, **options)
    assert [(name, p.shape) for name, p in ours.named_parameters()] == [
        (name, p.shape) for name, p in theirs.named_parameters()
    ]
    steps, lanes = rng.randint(1, 8), rng.randint(1, 6)
    batched = rng.random() < 0.8
    shape = ((lanes, steps) if options["batch_first"] else (steps, lanes)) if batched else (steps,)
    x = torch.randn(*shape, sizes["input_size"], dtype=torch.float64, requires_grad=True)
    h = (sizes["num_layers"], *([lanes] if batched else []), sizes["hidden_size"])
    parts = [torch.randn(*h, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    hx: Any = None
    if rng.random() < 0.6:
        hx = tuple(parts) if other is nn.LSTM else parts[0]
    ours.load_state_dict(theirs.state_dict())
    weights = [torch.randn(result.numel(), dtype=torch.float64) for result in flat(theirs(x, hx))]
    for made, wanted in zip(gradients(ours, x, hx, weights), gradients(theirs, x, hx, weights), strict=True):
        for a, b in zip(made, wanted, strict=True):
            assert a.shape == b.shape
            assert relative_difference(a, b) < 1e-10


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("sorted_already", [True, False])
@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_packed_sequences_are_torchs(own: Any, other: Any, sorted_already: bool, seed: int) -> None:
    rng = random.Random(seed)
    torch.manual_seed(seed)
    lengths = [rng.randint(1, 7) for _ in range(rng.randint(1, 6))]
    if sorted_already:
        lengths.sort(reverse=True)
    rows = [torch.randn(length, 3, dtype=torch.float64, requires_grad=True) for length in lengths]
    ours, theirs = own(3, 5, 2, dtype=torch.float64), other(3, 5, 2, dtype=torch.float64)
    part = torch.randn(2, len(lengths), 5, dtype=torch.float64, requires_grad=True)
    hx: Any = (part, 2 * part) if other is nn.LSTM else part
    ours.load_state_dict(theirs.state_dict())
    found, weights, sizes = [], list[Tensor](), []
    for layer in (ours, theirs):
        output, state = layer(pack_sequence(rows, enforce_sorted=sorted_already), hx)
        results = flat((output, state))
        sizes.append(output.batch_sizes.tolist())
        weights = weights or [torch.randn_like(result) for result in results]
        total = weighted(results, weights)
        found.append([*results, *torch.autograd.grad(total, [*layer.parameters(), *rows, part], retain_graph=True)])
    assert sizes[0] == sizes[1]
    for a, b in zip(*found, strict=True):
        assert relative_difference(a, b) < 1e-10


@pytest.mark.parametrize("own", ALL)
def test_packed_sequences_lie_on_any_device(own: Any) -> None:
    """With lengths on the CPU, as torch has them."""
    packed = PackedSequence(torch.empty(8, 3, device="meta"), torch.tensor([2, 2, 2, 1, 1]))
    output, _ = own(3, 4, 2, device="meta")(packed)
    assert (output.data.device.type, output.data.shape) == ("meta", (8, 4))


@pytest.mark.parametrize("read", [torch.sum, lambda y: y.pow(2).sum()])
@pytest.mark.parametrize("own", ALL)
def test_a_second_derivative_is_refused_and_not_zero(own: Any, read: Any) -> None:
    layer, x = own(3, 4), torch.randn(5, 2, 3, requires_grad=True)
    output, _ = layer(x)
    with pytest.raises(NotImplementedError, match="create_graph"):
        torch.autograd.grad(read(output), x, create_graph=True)


@pytest.mark.parametrize(("own", "cell"), OWN)
def test_the_lectures_own_layers_are_the_lectures_cells(own: Any, cell: str) -> None:
    layer = own(3, 4, dtype=torch.float64)
    x = torch.randn(6, 2, 3, dtype=torch.float64)
    slow = build(default_cell(cell), 3, 4).double()
    with torch.no_grad():
        slow.W_x.copy_(layer.weight_ih_l0.t())
        slow.W_h.copy_(layer.weight_hh_l0.t())
        slow.b.copy_(layer.bias_l0)
    h, (last,) = ENGINES.load("autograd")()(slow, x, slow.zero_state(2))
    made, made_last = layer(x)
    assert relative_difference(made, h) < 1e-12
    assert relative_difference(made_last[0], last) < 1e-12


@pytest.mark.parametrize("own", [one for one, _ in OWN])
def test_a_state_dict_of_another_gru_is_refused_and_not_misread(own: Any) -> None:
    with pytest.raises(RuntimeError, match="bias"):
        own(3, 4).load_state_dict(nn.GRU(3, 4).state_dict())


@pytest.mark.parametrize("own", ALL)
def test_what_is_not_there_is_refused_by_its_name(own: Any) -> None:
    for option, value in (("bidirectional", True), ("proj_size", 2)):
        with pytest.raises(NotImplementedError, match=option):
            own(3, 4, **{option: value})
    with pytest.raises(ValueError, match="`dropout`"):
        own(3, 4, 2, dropout=1.5)
    with pytest.raises(ValueError, match="`hidden_size`"):
        own(3, 0)
    layer = own(3, 4)
    with pytest.raises(ValueError, match="the input is of shape"):
        layer(torch.randn(5, 2, 4))
    state = torch.randn(1, 3, 4)
    with pytest.raises(ValueError, match="the state h is of shape"):
        layer(torch.randn(5, 2, 3), (state, state) if own is charnn.nn.LSTM else state)


def test_another_nonlinearity_is_refused() -> None:
    with pytest.raises(NotImplementedError, match="nonlinearity"):
        charnn.nn.RNN(3, 4, 1, "relu")


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_the_same_seed_draws_torchs_weights(own: Any, other: Any) -> None:
    torch.manual_seed(3)
    ours = own(3, 4, 2)
    torch.manual_seed(3)
    theirs = other(3, 4, 2)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(a, b)
    assert str(ours) == str(theirs)


def test_dropout_lies_between_layers_and_in_training_alone() -> None:
    torch.manual_seed(1)
    layer, x = charnn.nn.LSTM(3, 8, 2, dropout=0.5), torch.randn(5, 2, 3)
    assert not torch.equal(layer(x)[0], layer(x)[0])
    layer.eval()
    assert torch.equal(layer(x)[0], layer(x)[0])
    only = charnn.nn.LSTM(3, 8, 1, dropout=0.5)
    assert torch.equal(only(x)[0], only(x)[0])


@pytest.mark.filterwarnings("ignore:The .grad attribute")
def test_a_copy_is_the_same_layer_and_torch_compile_leaves_it_alone() -> None:
    layer, x = charnn.nn.LSTM(3, 8, 2), torch.randn(5, 2, 3)
    expected, _ = layer(x)
    assert torch.equal(copy.deepcopy(layer)(x)[0], expected)
    assert torch.equal(pickle.loads(pickle.dumps(layer))(x)[0], expected)
    assert torch.equal(torch.compile(layer, backend="eager")(x)[0], expected)
    with torch.no_grad():
        assert torch.equal(layer(x)[0], expected)


def test_a_batch_without_rows_is_one() -> None:
    layer, x = charnn.nn.LSTM(3, 8), torch.randn(5, 0, 3, requires_grad=True)
    output, (h, c) = layer(x)
    assert (output.shape, h.shape, c.shape) == ((5, 0, 8), (1, 0, 8), (1, 0, 8))
    gradients = torch.autograd.grad(output.sum() + c.sum(), [x, *layer.parameters()])
    assert all(not gradient.any() for gradient in gradients)


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-9), (torch.float32, 1e-4)])
def test_a_word_model_runs_with_only_the_import_changed(dtype: torch.dtype, bound: float) -> None:
    """100 updates from one state dict: an embedding, two layers, SGD with clipping, the state carried."""
    torch.manual_seed(1)
    words = torch.randint(0, 50, (600, 4))
    first = _WordModel(nn, dtype)
    losses = [_train(model, words) for model in (first, _copied(first, _WordModel(charnn.nn, dtype)))]
    assert max(abs(a - b) for a, b in zip(*losses, strict=True)) < bound
    assert losses[0][-1] != losses[0][0]


class _WordModel(nn.Module):
    """The model of torch's own example of a word language model."""

    def __init__(self, layers: Any, dtype: torch.dtype) -> None:
        super().__init__()
        self.encoder = nn.Embedding(50, 16, dtype=dtype)
        self.rnn = layers.LSTM(16, 24, 2, dtype=dtype)
        self.decoder = nn.Linear(24, 50, dtype=dtype)

    def forward(self, words: Tensor, state: Any) -> tuple[Tensor, Any]:
        output, state = self.rnn(self.encoder(words), state)
        return self.decoder(output), state


def _copied(source: nn.Module, to: nn.Module) -> nn.Module:
    to.load_state_dict(source.state_dict())
    return to


def _train(model: nn.Module, words: Tensor) -> list[float]:
    optimizer, state, losses = torch.optim.SGD(model.parameters(), lr=1.0), None, []
    model.rnn.flatten_parameters()  # type: ignore[operator]
    for update in range(100):
        begin = update * 5 % 500
        logits, state = model(words[begin : begin + 5], state)
        state = tuple(part.detach() for part in state)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), words[begin + 1 : begin + 6].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        optimizer.step()
        losses.append(loss.item())
    return losses
