"""Beam search against the enumeration of all texts."""

from __future__ import annotations

import math
from itertools import product

import pytest
import torch

from charnn.generation import beams
from charnn.generation.beams import Answer
from charnn.networks.decoder import Decoder
from charnn.networks.encoder_decoder import EncoderDecoder
from charnn.networks.reading import reading
from charnn.networks.reading.arrays import states_of
from charnn.networks.stack import States
from tests.models import padded_rows, random_example_network, random_rows

SYMBOLS = 2


def network_of(seed: int, cell: str = "lstm", symbols: int = SYMBOLS) -> EncoderDecoder:
    network = random_example_network("sequence-to-sequence", cell, symbols=symbols, seed=seed)
    assert isinstance(network, EncoderDecoder)
    with torch.no_grad():
        network.decoder.W_q.mul_(3)
    return network


def entry(network: EncoderDecoder, rows: list[torch.Tensor]) -> States:
    from charnn.bptt.execution import fastest

    with torch.no_grad():
        return network.encode(padded_rows(rows), fastest())


def search(decoder: Decoder, states: States, width: int, longest: int) -> list[list[Answer]]:
    """By kernels alone and by torch, which find the same."""
    by_torch, by_kernels = (
        beams.search(reading(decoder, native=native), entries, width, longest)
        for native, entries in ((False, states), (True, states_of(states)))
    )
    for found, others in zip(by_torch, by_kernels, strict=True):
        assert [(one.ids, one.ended) for one in found] == [(one.ids, one.ended) for one in others]
        for one, other in zip(found, others, strict=True):
            assert one.log_probability == pytest.approx(other.log_probability, abs=1e-10)
    return by_kernels


@torch.no_grad()
def log_probability(decoder: Decoder, states: States, ids: tuple[int, ...], *, ended: bool) -> float:
    """Of a text, or of its beginning, read once from its first symbol on."""
    reads = torch.tensor([decoder.border, *ids])[:, None]
    logs = torch.log_softmax(decoder.logits(reads, states)[0][:, 0], -1)
    asked = [*ids, decoder.border] if ended else list(ids)
    return float(sum(logs[step, symbol] for step, symbol in enumerate(asked)))


def enumerated(decoder: Decoder, states: States, longest: int) -> list[Answer]:
    """All texts that end, the likeliest first."""
    texts = [ids for length in range(longest + 1) for ids in product(range(decoder.border), repeat=length)]
    found = [Answer(ids, log_probability(decoder, states, ids, ended=True), ended=True) for ids in texts]
    return sorted(found, key=lambda one: -one.log_probability)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_beam_that_is_wide_enough_finds_what_enumeration_finds(seed: int, cell: str) -> None:
    network = network_of(seed, cell)
    states = entry(network, [torch.tensor([0, 1, 1])])
    expected = enumerated(network.decoder, states, 6)
    (found,) = search(network.decoder, states, width=3**7, longest=6)
    ended = [one for one in found if one.ended]
    assert [one.ids for one in ended] == [one.ids for one in expected]
    for one, other in zip(ended, expected, strict=True):
        assert one.log_probability == pytest.approx(other.log_probability, abs=1e-12)
    cut = [one for one in found if not one.ended]
    assert found == [*ended, *cut], "what was cut ranks after what has ended"
    assert {one.ids for one in cut} == set(product(range(SYMBOLS), repeat=6))


@pytest.mark.parametrize("seed", range(4))
def test_probabilities_sum_to_one(seed: int) -> None:
    """Of all texts that end within 6 symbols, the end included, and of all beginnings of 6 that have not ended."""
    network = network_of(seed)
    states = entry(network, [torch.tensor([1])])
    ended = sum(math.exp(one.log_probability) for one in enumerated(network.decoder, states, 5))
    (found,) = search(network.decoder, states, width=3**7, longest=6)
    going = sum(math.exp(one.log_probability) for one in found if not one.ended)
    assert ended + going == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_a_beam_of_one_is_the_greedy_choice(seed: int) -> None:
    network = network_of(seed, symbols=4)
    decoder, states = network.decoder, entry(network, [torch.tensor([0, 2])])
    ids: tuple[int, ...] = ()
    ended = False
    while len(ids) < 8 and not ended:
        reads = torch.tensor([decoder.border, *ids])[:, None]
        best = int(decoder.logits(reads, states)[0][-1, 0].argmax())
        ended = best == decoder.border
        ids = ids if ended else (*ids, best)
    ((found,),) = search(decoder, states, width=1, longest=8)
    assert found.ids == ids
    assert found.ended == (ended or found.ended)


@pytest.mark.parametrize("width", [1, 2, 5, 40])
def test_so_many_different_answers_or_all_there_are(width: int) -> None:
    network = network_of(3)
    states = entry(network, [torch.tensor([0]), torch.tensor([1, 1, 0])])
    for found in search(network.decoder, states, width, longest=3):
        assert len(found) == min(width, 15 + 8)
        assert len({(one.ids, one.ended) for one in found}) == len(found)


@pytest.mark.parametrize("width", [1, 3])
def test_an_answer_does_not_depend_on_the_others(width: int) -> None:
    network = network_of(5, symbols=5)
    rows, _ = random_rows("sequence-to-sequence", 6)
    together = search(network.decoder, entry(network, rows), width, longest=7)
    for row, found in zip(rows, together, strict=True):
        (alone,) = search(network.decoder, entry(network, [row]), width, longest=7)
        assert [(one.ids, one.ended) for one in found] == [(one.ids, one.ended) for one in alone]
        for one, other in zip(found, alone, strict=True):
            assert one.log_probability == pytest.approx(other.log_probability, abs=1e-10)
