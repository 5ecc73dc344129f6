"""Small networks for tests, filled with numbers that are large enough to matter."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from charnn.batches.batch import Batch, ExampleBatch, Padded, TextBatch
from charnn.bptt.engines import ENGINES, Engine
from charnn.cells import CELLS, Cell, State, build
from charnn.configuration.sections import Model, default_cell
from charnn.networks.classifier import Classifier
from charnn.networks.conditional import ConditionalGenerator
from charnn.networks.dropout import Dropout, Noise
from charnn.networks.encoder_decoder import EncoderDecoder
from charnn.networks.language_model import LanguageModel
from charnn.networks.network import Network
from charnn.networks.stack import States
from tests.cells.others import OTHERS, others

ALL_CELLS = CELLS.names()
ALL_ENGINES = ENGINES.names()
KERNEL_CELLS = ("gru", "linear", "lstm", "rnn", "simple-gru")
"""Those of charnn's cells that have compiled kernels: by hand, so that a kernel that is lost is noticed."""
EVERY_CELL = [*ALL_CELLS, *OTHERS]
"""charnn's cells, and those that have what none of them has."""


def engine_of(name: str) -> Engine:
    return ENGINES.load(name)()


def random_cell(name: str, inputs: int, hidden: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Cell:
    torch.manual_seed(seed)
    with others():
        cell = build(default_cell(name), inputs, hidden).to(dtype)
    for parameter in cell.parameters():
        torch.nn.init.normal_(parameter, std=0.7 / hidden**0.5)
    return cell


def random_state(cell: Cell, lanes: int) -> State:
    return tuple(torch.randn_like(part).mul_(0.5).requires_grad_() for part in cell.zero_state(lanes))


def random_network(
    name: str,
    vocabulary: int = 5,
    hidden: int = 4,
    layers: int = 1,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
    embedding: int | None = None,
) -> LanguageModel:
    torch.manual_seed(seed)
    with others():
        options = Model(cell=default_cell(name), hidden=hidden, layers=layers, embedding=embedding)
        network = LanguageModel(vocabulary, options).to(dtype)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.7 / hidden**0.5)
    return network


def dropout_of(lanes: int, seed: int = 1, step: int = 0, own: range | None = None, **options: object) -> Dropout:
    """What is left out of a window of so many lanes; `options` are keys of the section `model`."""
    read = Batch(lanes=lanes, own=range(lanes) if own is None else own, losses=1, divisor=1.0, epoch=0.0)
    noise = Noise(seed, step, read, torch.device("cpu"))
    return Dropout(Model.model_validate({"layers": 2, **options}), noise)


EXAMPLE_TASKS = ("classification", "conditional-generation", "sequence-to-sequence")
LABELS = 3
"""How many labels the networks of examples here know."""


def random_example_network(
    task: str, cell: str, symbols: int = 5, hidden: int = 4, seed: int = 0, **options: object
) -> Classifier | ConditionalGenerator | EncoderDecoder:
    """A network of a task on examples, in float64; of a source's and a target's symbols there are as many."""
    torch.manual_seed(seed)
    reverse_source, text_weight = bool(options.pop("reverse_source", False)), options.pop("text_weight", 0.0)
    assert isinstance(text_weight, float)
    with others():
        model = Model.model_validate({"cell": default_cell(cell), "hidden": hidden, **options})
        network: Classifier | ConditionalGenerator | EncoderDecoder
        if task == "classification":
            network = Classifier(symbols, LABELS, model, text_weight)
        elif task == "conditional-generation":
            network = ConditionalGenerator(LABELS, symbols, model)
        else:
            network = EncoderDecoder(symbols, symbols, model, reverse_source=reverse_source)
    for parameter in network.double().parameters():
        torch.nn.init.normal_(parameter, std=0.7 / hidden**0.5)
    return network


def padded_rows(rows: Sequence[Tensor]) -> Padded:
    """Rows side by side."""
    ids = torch.nn.utils.rnn.pad_sequence(list(rows))
    return Padded(ids, torch.tensor([len(row) for row in rows]))


def random_rows(task: str, count: int, symbols: int = 5, longest: int = 6) -> tuple[list[Tensor], list[Tensor]]:
    """Inputs and targets of a task: texts of 1 to `longest` symbols, and labels."""
    texts = [[torch.randint(0, symbols, (int(n),)) for n in torch.randint(1, longest + 1, (count,))] for _ in range(2)]
    labels = [torch.randint(0, LABELS, (1,)) for _ in range(count)]
    if task == "classification":
        return texts[0], labels
    return (labels, texts[1]) if task == "conditional-generation" else (texts[0], texts[1])


def example_batch(inputs: Sequence[Tensor], targets: Sequence[Tensor], **more: object) -> ExampleBatch:
    """Rows as a batch."""
    count, first, second = len(inputs), padded_rows(inputs), padded_rows(targets)
    fields = {"lanes": count, "own": range(count), "losses": count, "divisor": 1.0, "epoch": 0.0, **more}
    return ExampleBatch(inputs=first, targets=second, **fields)  # type: ignore[arg-type]


def random_states(network: Network, lanes: int) -> States:
    return tuple(tuple(torch.randn_like(part) * 0.5 for part in state) for state in network.zero_state(lanes))


def batch_of(
    ids: Tensor, xi: Sequence[float] | None = None, count_from: int = 0, save_at: int | None = None
) -> TextBatch:
    """(T + 1, B) ids as a batch: each asks for the next one."""
    steps, lanes = len(ids) - 1, ids.shape[1]
    return TextBatch(
        lanes=lanes,
        own=range(lanes),
        inputs=ids[:-1],
        targets=ids[1:],
        losses=(steps - count_from) * lanes,
        divisor=1.0,
        epoch=0.0,
        save_at=steps if save_at is None else save_at,
        xi=xi,
        count_from=count_from,
    )


def relative_difference(a: Tensor, b: Tensor) -> float:
    """‖a − b‖/‖b‖."""
    a, b = a.detach().double(), b.detach().double()
    return float((a - b).norm() / b.norm().clamp_min(1e-300))
