"""`charnn bench ngrams`: counting beside `collections.Counter` over the same tokens, and Markov models."""

from __future__ import annotations

import re
import tracemalloc
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from charnn.benchmarking.harness import Subject, measure
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
    """The rows of all tasks on one text; ratios and peaks of memory are to be read within a task."""
    rows = []
    for task, subjects in tasks(data, name).items():
        timings = measure(subjects, rounds)
        rows += [
            {
                "task": task,
                **timing.row(),
                "ratio_to_first": timing.ratio_to(timings[0]),
                "peak_bytes": _peak(subject.run),
            }
            for subject, timing in zip(subjects, timings, strict=True)
        ]
    return rows


def tasks(data: bytes, name: str) -> dict[str, list[Subject]]:
    """What is timed on one text: its words from tokens and from bytes, its characters, a model of them."""
    text = decode(data, name)
    tokens = re.findall("[a-z]+", text.lower())
    units = units_of_text(text, "character")
    held = min(SCORED, len(units.codes) // 10)
    trained = min(TRAINED, len(units.codes) - held)
    train, scored = units.codes[:trained], units.codes[trained : trained + held]

    def subject(name: str, run: Callable[[], object], characters: int = len(text)) -> Subject:
        return Subject(name, run, characters)

    return {
        f"words, orders 1 to {WORD_ORDER}, from {len(tokens):,} tokens": [
            subject("collections.Counter", lambda: counters(tokens)),
            subject("charnn", lambda: tables(tokens)),
        ],
        f"words, orders 1 to {WORD_ORDER}, from the text": [
            subject("re and Counter", lambda: counters(re.findall("[a-z]+", text.lower()))),
            subject("charnn", lambda: counted_tables(data, name, "word", WORD_ORDER)),
        ],
        f"characters, orders 1 to {CHARACTER_ORDER}, from the text": [
            subject("charnn", lambda: counted_tables(data, name, "character", CHARACTER_ORDER)),
        ],
        f"modified Kneser–Ney of order {CHARACTER_ORDER}: train {trained:,}, score {held:,}": [
            subject("charnn", lambda: train_and_score(train, scored, len(units.symbols)), trained + held),
        ],
    }


def counters(tokens: Sequence[str]) -> list[Counter[Any]]:
    """The tables of words in the plainest Python."""
    shifted = [tokens[place:] for place in range(WORD_ORDER)]
    return [Counter(tokens), *(Counter(zip(*shifted[:order], strict=False)) for order in range(2, WORD_ORDER + 1))]


def tables(tokens: Sequence[str]) -> list[Table]:
    """The same tables from the same tokens, by charnn."""
    numbering = Numbering()
    digits = np.concatenate([numbering.of(tokens) + np.uint32(1), np.zeros(WORD_ORDER - 1, dtype=np.uint32)])
    packing = Packing(WORD_ORDER, len(numbering) + 1)
    whole = Table.of(packing, packing.keys(digits))
    return [whole.shortened(order) for order in range(1, WORD_ORDER + 1)]


def counted_tables(data: bytes, name: str, level: Level, order: int) -> list[Table]:
    """The tables of orders 1 to `order` of a text, as `charnn ngram-stats` makes them."""
    counted = count(Reader(Text.from_bytes(name, data), level, "letters"), order)
    return [table for length in range(1, order + 1) for table in counted.tables(length)]


def train_and_score(train: Ids, scored: Ids, vocabulary: int) -> OrderScore:
    """Make a character model of one text and score another with it."""
    model = fitting("modified-kneser-ney")(train, vocabulary, CHARACTER_ORDER)
    return evaluate(model, scored)[-1]


def _peak(run: Callable[[], object]) -> int:
    """The most memory that one run holds at a time beside what was there before."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
