"""`charnn bench ngrams`: counting, compared with `collections.Counter` over the same tokens, and Markov models."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from charnn.benchmarking.harness import Contender, measure
from charnn.benchmarking.memory import peak_allocation
from charnn.data.text.decoding import decode
from charnn.data.text.levels import Level
from charnn.data.text.reader import Numbering, Reader
from charnn.data.text.text import Text
from charnn.data.text.units import Ids, units_of_text
from charnn.ngrams.counting.counting import count
from charnn.ngrams.counting.packing import Packing
from charnn.ngrams.counting.table import Table
from charnn.ngrams.evaluation import OrderScore, evaluate
from charnn.ngrams.model import fitting

WORD_ORDER = 3
CHARACTER_ORDER = 6
TRAINED, SCORED = 1_000_000, 100_000


def time_ngrams(data: bytes, name: str, rounds: int) -> list[dict[str, Any]]:
    """The rows of all tasks on one text; ratios and peaks of memory can be compared within a task."""
    rows = []
    for task, contenders in tasks(data, name).items():
        timings = measure(contenders, rounds)
        rows += [
            {
                "task": task,
                **timing.row(),
                "ratio_to_first": timing.ratio_to(timings[0]),
                "peak_bytes": peak_allocation(contender.run),
            }
            for contender, timing in zip(contenders, timings, strict=True)
        ]
    return rows


def tasks(data: bytes, name: str) -> dict[str, list[Contender]]:
    """What is timed on one text: its words from tokens and from bytes, its characters, a model of them."""
    text = decode(data, name)
    tokens = re.findall("[a-z]+", text.lower())
    units = units_of_text(text, "character")
    held = min(SCORED, len(units.codes) // 10)
    trained = min(TRAINED, len(units.codes) - held)
    train, scored = units.codes[:trained], units.codes[trained : trained + held]

    def contender(name: str, run: Callable[[], object], characters: int = len(text)) -> Contender:
        return Contender(name, run, characters)

    return {
        f"words, orders 1 to {WORD_ORDER}, from {len(tokens):,} tokens": [
            contender("collections.Counter", lambda: counters(tokens)),
            contender("charnn", lambda: tables(tokens)),
        ],
        f"words, orders 1 to {WORD_ORDER}, from the text": [
            contender("re and Counter", lambda: counters(re.findall("[a-z]+", text.lower()))),
            contender("charnn", lambda: counted_tables(data, name, "word", WORD_ORDER)),
        ],
        f"characters, orders 1 to {CHARACTER_ORDER}, from the text": [
            contender("charnn", lambda: counted_tables(data, name, "character", CHARACTER_ORDER)),
        ],
        f"modified Kneser–Ney of order {CHARACTER_ORDER}: train {trained:,}, score {held:,}": [
            contender("charnn", lambda: train_and_score(train, scored, len(units.symbols)), trained + held),
        ],
    }


def counters(tokens: Sequence[str]) -> list[Counter[Any]]:
    """The tables of words by `collections.Counter`."""
    shifted = [tokens[shift:] for shift in range(WORD_ORDER)]
    return [Counter(tokens), *(Counter(zip(*shifted[:order], strict=False)) for order in range(2, WORD_ORDER + 1))]


def tables(tokens: Sequence[str]) -> list[Table]:
    """The same tables from the same tokens, by charnn."""
    numbering = Numbering()
    digits = np.concatenate([numbering.of(tokens) + np.uint32(1), np.zeros(WORD_ORDER - 1, dtype=np.uint32)])
    packing = Packing(WORD_ORDER, len(numbering) + 1)
    whole = Table.of(packing, packing.keys(digits))
    return [whole.shortened(order) for order in range(1, WORD_ORDER + 1)]


def counted_tables(data: bytes, name: str, level: Level, order: int) -> list[Table]:
    """The tables of orders 1 to `order` of a text, each in blocks, as `charnn ngram-stats` makes them."""
    counted = count(Reader(Text.from_bytes(name, data), level, "letters"), order)
    return [table for length in range(1, order + 1) for table in counted.tables(length)]


def train_and_score(train: Ids, scored: Ids, vocabulary: int) -> OrderScore:
    """Make a character model of one text and score another with it."""
    model = fitting("modified-kneser-ney")(train, vocabulary, CHARACTER_ORDER)
    return evaluate(model, scored)[-1]
