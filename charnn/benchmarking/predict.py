"""`charnn bench predict`: labels for texts, by `charnn predict` and by a loop over `torch.nn` with one text at a time.

Both have untrained networks of the same size, and texts of random lengths over the same symbols.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import torch
from torch import nn

from charnn.benchmarking.harness import Contender, measure
from charnn.benchmarking.train import PEERS
from charnn.configuration.reading import read_settings
from charnn.data.text.vocabularies import Vocabularies
from charnn.data.text.vocabulary import Vocabulary
from charnn.networks.parameters.initialisation import initialise
from charnn.tasks import TASKS

SYMBOLS, LABELS = "abcdefghijklmnopqrstuvwxyz '-", 18
AT_ONCE = 1024
"""How many lines `charnn predict` answers at once."""


def time_predicting(cell: str, hidden: int, texts: int, rounds: int) -> list[dict[str, Any]]:
    """The rows of one cell; the ratio to torch.nn's cell where it has one."""
    random = Random(1)
    rows = ["".join(random.choices(SYMBOLS, k=random.randint(3, 15))) for _ in range(texts)]
    length = sum(map(len, rows))
    contenders = [Contender(f"charnn, {AT_ONCE} at once", _own(cell, hidden, rows), length)]
    if cell in PEERS:
        name = f"torch.nn.{PEERS[cell].__name__}, one at a time"
        contenders.insert(0, Contender(name, _peer(cell, hidden, rows), length))
    gc.freeze()  # as the command does
    timings = measure(contenders, rounds)
    peer = timings[0] if cell in PEERS else None
    return [
        {
            "cell": cell,
            "hidden": hidden,
            "texts": texts,
            **timing.row(),
            "ratio_to_torch_nn": timing.ratio_to(peer) if peer else None,
        }
        for timing in timings
    ]


def _own(cell: str, hidden: int, rows: Sequence[str]) -> Callable[[], object]:
    settings = ("task.name=classification", "corpus={text: x, input: 1, target: 2}")
    config = read_settings(*settings, f"model={{cell: {cell}, hidden: {hidden}}}")
    symbols = tuple(sorted(symbol.encode() for symbol in SYMBOLS))
    labels = tuple(sorted(f"label {number}".encode() for number in range(LABELS)))
    vocabularies = Vocabularies(Vocabulary(symbols), Vocabulary(labels, "label"))
    task = TASKS.load(config.task.name)
    network = task.new_network(config, vocabularies)
    initialise(network, "orthogonal", seed=1)
    predictor = task.predictor(network, config, vocabularies)
    return lambda: [predictor.answer(rows[begin : begin + AT_ONCE]) for begin in range(0, len(rows), AT_ONCE)]


def _peer(cell: str, hidden: int, rows: Sequence[str]) -> Callable[[], object]:
    """Read each text by itself, as one would write it."""
    torch.manual_seed(1)
    numbers = {symbol: number for number, symbol in enumerate(SYMBOLS)}
    inputs, readout = nn.Embedding(len(SYMBOLS), len(SYMBOLS)), nn.Linear(hidden, LABELS)
    recurrent = PEERS[cell](len(SYMBOLS), hidden)
    inputs.weight.requires_grad_(False).copy_(torch.eye(len(SYMBOLS)))

    @torch.no_grad()
    def predict() -> list[int]:
        answers = []
        for row in rows:
            ids = torch.tensor([numbers[symbol] for symbol in row])
            h, _ = recurrent(inputs(ids)[:, None])
            answers.append(int(readout(h[-1, 0]).argmax()))
        return answers

    return predict
