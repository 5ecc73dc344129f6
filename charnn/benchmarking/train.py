"""`charnn bench train`: one training step (forward pass, loss, backward pass, clipping, update).

The contenders of a shape are charnn's cell on each engine, `torch.nn`'s cell of the same size where it has one
(its GRU is another cell, but does the same amount of work), the same by JAX where it is asked for, and for one lane of
the rnn the classic program.

How well a contender uses the machine is its share of the matrix peak: the multiplications and additions of the step's
matrix products per second, in the forward pass and twice as many in the backward pass,

    6 T B H (R H + V)

over those of one large product of two square matrices that runs next to it. R is the number of gates with a recurrent
matrix; a dense matrix of a cell's own counts like one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from charnn.batches.running_text import RunningText
from charnn.benchmarking.harness import Contender, Timing, measure
from charnn.benchmarking.memory import peak_memory
from charnn.benchmarking.peers.classic import ClassicProgram
from charnn.benchmarking.peers.with_jax import CELLS as WITH_JAX
from charnn.benchmarking.peers.with_jax import jax_step
from charnn.bptt.engines import ENGINES
from charnn.bptt.execution import FASTEST
from charnn.bptt.strategies import STRATEGIES
from charnn.cells import CELLS, build
from charnn.configuration.config import Config
from charnn.configuration.reading import config_of
from charnn.configuration.sections import default_cell
from charnn.data.running_text.lanes import Lanes
from charnn.data.text.units import Ids
from charnn.networks.language_model import LanguageModel
from charnn.networks.parameters.initialisation import initialise
from charnn.training.trainer import Trainer

VOCABULARY = 65
PEERS: dict[str, type[nn.RNN] | type[nn.GRU] | type[nn.LSTM]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


@dataclass(frozen=True)
class Shape:
    """H hidden units, B lanes, T steps."""

    hidden: int
    lanes: int
    steps: int

    @property
    def name(self) -> str:
        """H×B×T."""
        return f"{self.hidden}×{self.lanes}×{self.steps}"

    @property
    def characters(self) -> int:
        """Characters in one window."""
        return self.lanes * self.steps


# Small steps follow each other so long, in seconds, before the next contender's turn: as in a training, the caches then
# hold what they need.
STRETCH = 0.02

# Rows and columns of the product that the matrix peak is taken from.
PEAK = 1024

SHAPES = (Shape(128, 50, 50), Shape(256, 64, 64), Shape(512, 64, 128), Shape(100, 1, 25))


def default_engines(cell: str, device: str) -> list[str]:
    """The engines that run the cell themselves on a device, and in any case the fastest one."""
    probe = build(default_cell(cell), 1, 1).to(device)
    return [name for name in ENGINES.names() if name == FASTEST or ENGINES.load(name)().why_not(probe) is None]


def time_steps(
    cell: str,
    shape: Shape,
    rounds: int,
    engines: Sequence[str],
    device: str,
    *,
    bfloat16: bool = False,
    dropout: float = 0.0,
    jax: bool = False,
) -> list[dict[str, Any]]:
    """The rows of one cell and shape: speed, ratios to torch.nn's cell and to the autograd engine, memory.

    Args:
        cell: the cell.
        shape: the shape.
        rounds: how often each contender is timed.
        engines: the engines that are timed.
        device: where they run.
        bfloat16: whether the native engine's products in bfloat16 are timed too.
        dropout: the rate of every kind of dropout with which the native engine is timed too; 0: it is not.
        jax: whether JAX is timed too, where the cell is written for it.

    Raises:
        UsageError: JAX is not installed.
    """
    timed = contenders(cell, shape, engines, device, bfloat16=bfloat16, dropout=dropout, jax=jax)
    memory = [peak_memory(contender.run) if device == "cpu" else None for contender in timed]
    *timings, product = measure([*timed, _product(device)], rounds, stretch=STRETCH)
    count = operations(cell, shape)
    bases = {
        "torch_nn": _named(timings, "torch.nn"),
        "autograd": _named(timings, "charnn autograd"),
        "jax": _named(timings, "JAX"),
    }
    return [
        {
            "cell": cell,
            "shape": shape.name,
            **timing.row(),
            **{f"ratio_to_{name}": timing.ratio_to(base) if base else None for name, base in bases.items()},
            "share_of_peak": [low * count / timing.characters / (2 * PEAK**3) for low in timing.ratio_to(product)],
            "peak_bytes": peak,
        }
        for timing, peak in zip(timings, memory, strict=True)
    ]


def operations(cell: str, shape: Shape) -> int:
    """The multiplications and additions of a step's matrix products."""
    own = CELLS.load(cell)
    blocks = sum(len(matrix.gates) for matrix in own.recurrent)
    blocks += sum(len(weight.gates) for weight in own.weights if not weight.diagonal)
    return 6 * shape.characters * shape.hidden * (blocks * shape.hidden + VOCABULARY)


def _product(device: str) -> Contender:
    """The matrix peak: one "character" is one large product."""
    left, right = (torch.randn(PEAK, PEAK, device=device) for _ in range(2))
    return Contender("matrix product", _synchronised(lambda: left @ right, device), 1)


def _named(timings: Sequence[Timing], beginning: str) -> Timing | None:
    return next((timing for timing in timings if timing.name.startswith(beginning)), None)


def contenders(
    cell: str,
    shape: Shape,
    engines: Sequence[str],
    device: str,
    *,
    bfloat16: bool = False,
    dropout: float = 0.0,
    jax: bool = False,
) -> list[Contender]:
    """What is timed for one cell and shape."""
    ids = np.random.default_rng(1).integers(0, VOCABULARY, shape.lanes * shape.steps * 4 + 1).astype(np.uint8)
    made = []
    if cell in PEERS:
        name, step = f"torch.nn.{PEERS[cell].__name__}", _peer_step(cell, shape, ids, device)
        made.append(Contender(name, step, shape.characters))
    if jax and cell in WITH_JAX:
        weights = make_trainer(cell, "native", shape, ids, "cpu").network.state_dict()
        arrays = {name.removeprefix("cells.0."): weight.numpy() for name, weight in weights.items()}
        made.append(Contender("JAX", jax_step(cell, arrays, ids, shape.lanes, shape.steps), shape.characters))
    if cell == "rnn" and shape.lanes == 1:
        program = ClassicProgram(ids, VOCABULARY, shape.hidden, shape.steps, dtype=np.float32)
        made.append(Contender("classic NumPy", program.step, shape.characters))
    for engine in engines:
        made.append(
            Contender(
                f"charnn {engine}", _charnn_step(make_trainer(cell, engine, shape, ids, device)), shape.characters
            )
        )
    if bfloat16:
        step = _charnn_step(make_trainer(cell, "native", shape, ids, device, precision="bfloat16"))
        made.append(Contender("charnn native bfloat16", step, shape.characters))
    if dropout:
        step = _charnn_step(make_trainer(cell, "native", shape, ids, device, _every_dropout(cell, dropout)))
        made.append(Contender("charnn native dropout", step, shape.characters))
    return made


def _every_dropout(cell: str, rate: float) -> dict[str, float]:
    """The keys of every kind of dropout that one layer of a cell has."""
    kinds = ["input_dropout", "output_dropout", *(["recurrent_dropout"] if CELLS.load(cell).recurrent else [])]
    return dict.fromkeys(kinds, rate)


def _charnn_step(trainer: Trainer) -> Callable[[], object]:
    batches = trainer.loader.batches()
    return _synchronised(lambda: trainer.step(next(batches)), trainer.device.type)


def make_trainer(
    cell: str,
    engine: str,
    shape: Shape,
    ids: Ids,
    device: str,
    model: Mapping[str, object] = MappingProxyType({}),
    **train: object,
) -> Trainer:
    """A trainer of a shape, on some ids."""
    config = bench_config(cell, engine, shape, model, **train)
    network = LanguageModel(VOCABULARY, config.model)
    initialise(network, "orthogonal", seed=1)
    network.to(device)
    lanes = Lanes(ids, shape.lanes)
    loader = RunningText(
        lanes, STRATEGIES.of(config.bptt.strategy), config.train.seed, config.train.loss, network.device
    )
    return Trainer(config, network, loader)


def bench_config(
    cell: str, engine: str, shape: Shape, model: Mapping[str, object] = MappingProxyType({}), **train: object
) -> Config:
    """The configuration of a benchmark: the defaults of `charnn train` in the given shape, and more keys."""
    return config_of(
        {
            "corpus": {"text": "x"},
            "model": {"cell": cell, "hidden": shape.hidden, **model},
            "bptt": {"engine": engine, "tau": shape.steps},
            "train": {"lanes": shape.lanes, **train},
        }
    )


class _Peer(nn.Module):
    """The same network by `torch.nn`, as one would write it: one-hot inputs through an embedding."""

    def __init__(self, cell: str, hidden: int) -> None:
        super().__init__()
        self.inputs = nn.Embedding(VOCABULARY, VOCABULARY).requires_grad_(False)
        self.inputs.weight.copy_(torch.eye(VOCABULARY))
        self.recurrent = PEERS[cell](VOCABULARY, hidden)
        self.decoder = nn.Linear(hidden, VOCABULARY)


def _peer_step(cell: str, shape: Shape, ids: Ids, device: str) -> Callable[[], object]:
    """The same training step on torch.nn: the fused cell, cross-entropy, clipping by norm, Adam."""
    torch.manual_seed(1)
    peer = _Peer(cell, shape.hidden).to(device)
    parameters = [parameter for parameter in peer.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(parameters, 0.002)
    lanes = Lanes(ids, shape.lanes)
    starts = cycle(range(0, lanes.length, shape.steps))

    def step() -> None:
        inputs, targets = (torch.from_numpy(part).to(device) for part in lanes.window(next(starts), shape.steps))
        hidden, _ = peer.recurrent(peer.inputs(inputs))
        loss = functional.cross_entropy(peer.decoder(hidden).flatten(0, 1), targets.flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()

    return _synchronised(step, device)


def _synchronised(step: Callable[[], object], device: str) -> Callable[[], object]:
    if device == "cpu":
        return step

    def synchronised() -> None:
        step()
        torch.cuda.synchronize()

    return synchronised
