"""Streams: what a network draws, by compiled kernels and by torch, and where a text ends."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from charnn.bptt.execution import Execution
from charnn.data.text.vocabulary import Vocabulary
from charnn.generation.choice import Choice, pick
from charnn.generation.streams import _network, _until, continue_text, sample
from charnn.kernels.sampler import Sampler
from tests.models import EVERY_CELL, KERNEL_CELLS, random_network, relative_difference


@pytest.mark.parametrize("name", EVERY_CELL)
def test_one_stream_is_the_model_fed_with_its_own_draws(name: str) -> None:
    """Against a loop that reads the whole text anew for each character."""
    network, choice = random_network(name, layers=2), Choice(1.3)
    drawn = [int(ids[0]) for ids in continue_text(network, network.zero_state(1), [1, 4], choice, [[7]], 12)]
    text, uniforms = [1, 4], np.random.Generator(np.random.Philox([7]))
    for expected in drawn:
        logits, _ = network.logits(torch.tensor(text)[:, None], network.zero_state(1))
        (found,) = pick(choice.probabilities(logits.detach()[-1]), np.array([uniforms.random()]))
        assert found == expected
        text.append(int(found))


CHOICES = [
    Choice(),
    Choice(0.7),
    Choice(0),
    Choice(1.0, top_k=5),
    Choice(1.3, top_p=0.8),
    Choice(1.0, top_k=10, top_p=0.9),
    Choice(1.0, top_k=100, top_p=1.0),
]


@pytest.mark.parametrize("name", KERNEL_CELLS)
@pytest.mark.parametrize("shape", [{"layers": 1}, {"layers": 3, "embedding": 6}])
@pytest.mark.parametrize("lanes", [1, 4])
def test_the_kernels_draw_what_torch_draws(name: str, shape: dict[str, int], lanes: int) -> None:
    """Equal symbol for symbol in float64, over several calls of the kernels."""
    network = random_network(name, vocabulary=30, hidden=21, **shape)
    seeds = [[5, stream] for stream in range(lanes)]
    for choice in CHOICES:
        drawn = [
            np.array(list(continue_text(network, network.zero_state(1), [1, 2, 3], choice, seeds, 200, native=native)))
            for native in (True, False)
        ]
        assert drawn[0].shape == (200, lanes)
        np.testing.assert_array_equal(*drawn)


@pytest.mark.parametrize("name", KERNEL_CELLS)
def test_in_float32_the_kernels_draw_from_the_same_logits(name: str) -> None:
    """Teacher-forced: at each step both have read the same text; a draw may differ only within 1e-6 of a border."""
    network = random_network(name, vocabulary=30, hidden=40, layers=2, dtype=torch.float32)
    logits = torch.zeros(1, 30)
    sampler = Sampler(_network(network), network.zero_state(1), logits)
    states = network.zero_state(1)
    for uniform in np.random.default_rng(1).random(300):
        (drawn,) = sampler.draw(np.array([[uniform]]), 1.0, None, None)[0]
        p = Choice().probabilities(logits)
        if pick(p, np.array([uniform])) != drawn:
            assert (p.cumsum(-1) - uniform).abs().min() < 1e-6
        with torch.no_grad():
            read, states = network.logits(torch.tensor([[int(drawn)]]), states, Execution.of("manual"))
        logits = read[-1]
        assert relative_difference(sampler.logits, logits) < 1e-5


def test_without_a_prime_the_state_alone_gives_the_first_symbol() -> None:
    network = random_network("gru")
    first = next(continue_text(network, network.zero_state(1), [], Choice(0), [[1]], 1))
    assert first == [int(network.b_q.argmax())]


def test_without_a_prime_a_text_begins_as_after_a_line_end() -> None:
    network = random_network("gru", vocabulary=3)
    vocabulary = Vocabulary((b"\n", b"a", b"b"))
    plain = [b"".join(stream) for stream in sample(network, vocabulary, [], Choice(), 20, [[1]])]
    primed = [b"".join(stream) for stream in sample(network, vocabulary, [0], Choice(), 20, [[1]])]
    assert plain == primed


def test_sampling_leaves_the_state_it_started_from_alone() -> None:
    network = random_network("lstm")
    states = network.zero_state(1)
    list(continue_text(network, states, [1], Choice(), [[1]], 5))
    assert all((part == 0).all() for state in states for part in state)


@given(text=st.text("ab", max_size=30), stop=st.text("ab", min_size=1, max_size=4))
def test_a_stop_text_ends_before_its_first_occurrence(text: str, stop: str) -> None:
    pieces = list(_until((character.encode() for character in text), stop))
    assert b"".join(pieces).decode() == text.split(stop)[0]
