"""Adversarial texts through all that reads a text: the same counts as a slow obvious program, or one clear error."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import get_args

import pytest
import regex

from charnn.configuration.reading import read_settings
from charnn.data.text.levels import Level
from charnn.data.text.reader import Reader
from charnn.data.text.text import Text
from charnn.errors import CharnnError, InputError
from charnn.evaluation.score import score
from charnn.generation.choice import Choice
from charnn.generation.streams import sample
from charnn.networks.decoder import Decoder
from charnn.ngrams.counting.counting import count
from charnn.ngrams.counting.statistics import statistics
from charnn.runs.places import Destination
from charnn.runs.text import text_of_run
from tests.adversarial import adversarial_text
from tests.data.text.test_words import WORD
from tests.training.onlooker import Onlooker
from tests.training.starting import start

ORDER = 2
LEVELS: tuple[Level, ...] = get_args(Level)


def texts(count: int, most: int, seed: int) -> Iterator[bytes]:
    chance = Random(seed)
    return (adversarial_text(chance, most) for _ in range(count))


def symbols(data: bytes, level: Level) -> Sequence[bytes] | None:
    """The symbols of a text, in a slow and obvious way; None where it is not a text."""
    if level == "byte":
        return [bytes([byte]) for byte in data]
    try:
        text = data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    if level == "word":
        return [word.encode() for word in WORD.findall(text.lower())]
    return [unit.encode() for unit in (text if level == "character" else regex.findall(r"\X", text))]


def counted(data: bytes, level: Level) -> tuple[Counter[tuple[bytes, ...]], ...] | None:
    """The n-grams of orders 1 and 2, by charnn; None where it refuses the text."""
    try:
        found = count(Reader(Text.from_bytes("text", data), level), ORDER, shorter=True)
    except InputError:
        return None
    rows = [statistics(found, order, 1 << 30).top for order in range(1, found.order + 1)]
    return tuple(Counter({tuple(row.symbols): row.count for row in table}) for table in rows)


@pytest.mark.parametrize("level", LEVELS)
def test_the_counts_are_those_of_a_slow_program(level: Level) -> None:
    refused = 0
    for data in texts(300, 10_000, seed=1):
        expected = symbols(data, level)
        found = counted(data, level)
        if not expected:
            assert found is None
            refused += 1
            continue
        assert found is not None
        assert found[0] == Counter((symbol,) for symbol in expected)
        if len(expected) > 1:
            assert found[1] == Counter(pairwise(expected))
    assert refused < 200, "most texts are texts"


def test_networks_take_what_is_a_text_and_name_what_is_not() -> None:
    assert sum(refused(number, data) for number, data in enumerate(texts(300, 10_000, seed=2))) < 200


def refused(number: int, data: bytes) -> bool:
    """Train one step, score, and sample with the text's own beginning as the prime; True where an error names the text.

    The number chooses the units and the normal form.
    """
    Path("text.txt").write_bytes(data)
    unit = ("character", "grapheme", "byte")[number % 3]
    form = ("none", "NFC", "NFKC")[number // 3 % 3] if unit != "byte" else "none"
    try:
        config = read_settings(
            f"corpus={{source: text.txt, unit: {unit}, normalize: {form}, split: [0.5, 0.5]}}",
            "model={cell: gru, hidden: 2}", "bptt={strategy: truncated, tau: 3}", "train={lanes: 1, steps: 1}",
        )  # fmt: skip
        training = start(config, Destination("run", Path("run"), force=True), Onlooker())
        training.run_to_end()
        vocabulary, network = training.run.vocabulary(), training.trainer.network
        assert isinstance(network, Decoder)
        own = text_of_run(training.run, vocabulary, "text.txt", None)
        score(network, own.ids)
        prime = vocabulary.encode(vocabulary.units(vocabulary.text(own.ids[:9])), "the prime", skip_unknown=True)
        (stream,) = sample(network, vocabulary, prime.tolist(), Choice(), 5, [[1]], ["\u0301"])
        b"".join(stream)
    except CharnnError as error:
        assert "text" in str(error)
        return True
    return False


COMMANDS = [
    ["ngram-stats", "text.bin"],
    ["ngram-stats", "text.bin", "--level", "grapheme", "--normalize", "NFKC"],
    ["ngram-stats", "text.bin", "--level", "byte", "--csv"],
]


def test_the_installed_command_ends_with_a_result_or_one_message() -> None:
    for number, data in enumerate(texts(30, 10_000, seed=3)):
        Path("text.bin").write_bytes(data)
        command = [sys.executable, "-m", "charnn", *COMMANDS[number % 3]]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode in (0, 2), (number, done.stderr)
        assert b"Traceback" not in done.stderr
        assert b"defect" not in done.stderr
        if done.returncode == 2:
            assert done.stdout == b""
            assert done.stderr.count(b"error: ") == 1


def large_texts(count: int, seed: int) -> Iterator[bytes]:
    chance = Random(seed)
    return (adversarial_text(chance, chance.choice([1_000, 10_000, 100_000, 1_000_000])) for _ in range(count))


@pytest.mark.soak
@pytest.mark.parametrize("level", LEVELS)
def test_many_and_large_texts(level: Level) -> None:
    for data in large_texts(500, seed=4):
        found = counted(data, level)
        if len(data) <= 30_000:
            expected = symbols(data, level)
            assert (found is None) == (not expected)
            assert found is None or found[0] == Counter((symbol,) for symbol in expected or ())


@pytest.mark.soak
@pytest.mark.parametrize("seed", [5, 6])
def test_networks_take_many_and_large_texts(seed: int) -> None:
    assert sum(refused(number, data) for number, data in enumerate(large_texts(1000, seed))) < 700
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 4 << 20, "in KiB"
