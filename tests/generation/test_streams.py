"""Streams: what a network draws, by compiled kernels and by torch, and where a text ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from charnn.bptt.execution import Execution
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import DivergedError
from charnn.generation import streams
from charnn.generation.choice import Choice, pick
from charnn.generation.streams import continue_text, sample, until
from charnn.kernels.sampler import Sampler
from charnn.networks.reading import reading
from charnn.networks.reading.arrays import array_of, as_arrays, states_of
from tests.models import EVERY_CELL, KERNEL_CELLS, random_network, relative_difference


@pytest.mark.parametrize("name", EVERY_CELL)
def test_one_stream_is_the_model_fed_with_its_own_draws(name: str) -> None:
    """Against a loop that reads the whole text anew for each character."""
    network, choice = random_network(name, layers=2), Choice(1.3)
    drawn = [int(ids[0]) for ids in continue_text(network, network.zero_state(1), [1, 4], choice, [[7]], 12)]
    text, uniforms = [1, 4], np.random.Generator(np.random.Philox([7]))
    for expected in drawn:
        logits, _ = network.logits(torch.tensor(text)[:, None], network.zero_state(1))
        (found,) = pick(choice.probabilities(array_of(logits[-1])), np.array([uniforms.random()]))
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
def test_the_kernels_draw_what_torch_draws(name: str, shape: dict[str, Any], lanes: int) -> None:
    """Equal symbol for symbol in float64, over several calls of the kernels."""
    network = random_network(name, vocabulary=30, hidden=21, **shape)
    seeds = [[5, stream] for stream in range(lanes)]
    for choice in CHOICES:
        by_kernels, by_torch = (
            np.array(list(continue_text(network, network.zero_state(1), [1, 2, 3], choice, seeds, 200, native=native)))
            for native in (True, False)
        )
        assert by_kernels.shape == (200, lanes)
        np.testing.assert_array_equal(by_kernels, by_torch)


@pytest.mark.parametrize("native", [True, False])
def test_a_long_prime_is_read_once_and_in_pieces(native: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many texts go on from it."""
    network, prime, seeds = random_network("lstm"), [1, 3, 2, 0, 4, 1, 1], [[1, stream] for stream in range(3)]

    def drawn() -> list[list[int]]:
        symbols = continue_text(network, network.zero_state(1), prime, Choice(), seeds, 20, native=native)
        return [ids.tolist() for ids in symbols]

    whole, shapes = drawn(), []
    source = type(reading(network, native=native))
    next_logits = source.next_logits

    def watched(self: Any, ids: np.ndarray, states: Any) -> Any:
        shapes.append(ids.shape)
        return next_logits(self, ids, states)

    monkeypatch.setattr(streams, "_PIECE", 3)
    monkeypatch.setattr(source, "next_logits", watched)
    assert drawn() == whole
    assert shapes[:3] == [(3, 1), (3, 1), (1, 1)]


@pytest.mark.parametrize("name", KERNEL_CELLS)
def test_in_float32_the_kernels_draw_from_the_same_logits(name: str) -> None:
    """Teacher-forced: at each step both have read the same text; a draw may differ only within 1e-6 of a border."""
    network = random_network(name, vocabulary=30, hidden=40, layers=2, dtype=torch.float32)
    logits = torch.zeros(1, 30)
    arrays = as_arrays(network)
    assert arrays is not None
    sampler = Sampler(arrays.for_sampling(), states_of(network.zero_state(1)), array_of(logits))
    states = network.zero_state(1)
    for uniform in np.random.default_rng(1).random(300):
        (drawn,) = sampler.draw(np.array([[uniform]]), 1.0, None, None)[0]
        p = Choice().probabilities(array_of(logits))
        if pick(p, np.array([uniform])) != drawn:
            assert np.abs(p.cumsum(-1) - uniform).min() < 1e-6
        with torch.no_grad():
            read, states = network.logits(torch.tensor([[int(drawn)]]), states, Execution.of("manual"))
        logits = read[-1]
        assert relative_difference(torch.from_numpy(sampler.logits), logits) < 1e-5


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


@given(text=st.text("ab", max_size=30), stops=st.lists(st.text("ab", min_size=1, max_size=4), max_size=3))
def test_a_text_ends_before_the_first_occurrence_of_a_stop_text(text: str, stops: list[str]) -> None:
    pieces = list(until((character.encode() for character in text), [stop.encode() for stop in stops]))
    found = [(text.index(stop) + len(stop), text.index(stop)) for stop in stops if stop in text]
    assert b"".join(pieces).decode() == text[: min(found)[1] if found else None]


def test_a_stop_text_is_brought_into_the_vocabulary_s_normal_form() -> None:
    network, vocabulary = random_network("gru", vocabulary=2), Vocabulary((b"a", "é".encode()), normalize="NFC")
    drawn = [
        b"".join(*sample(network, vocabulary, [0], Choice(), 40, [[1]], stops)).decode()
        for stops in ([], ["é"], ["e\u0301"])
    ]
    assert "é" in drawn[0]
    assert drawn[1] == drawn[2] == drawn[0].split("é")[0]


@pytest.mark.parametrize("name", ["gru", "linear", "min-gru"])
@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("broken", [float("nan"), float("inf"), -float("inf")])
def test_nothing_is_drawn_from_logits_that_are_not_finite(name: str, native: bool, broken: float) -> None:
    network = random_network(name)
    with torch.no_grad():
        network.b_q[2] = broken
    for choice in (Choice(), Choice(0), Choice(0.5, top_k=2)):
        with pytest.raises(DivergedError, match="is no longer a finite number"):
            list(continue_text(network, network.zero_state(1), [1], choice, [[1], [2]], 5, native=native))


@pytest.mark.parametrize("native", [True, False])
def test_a_state_that_grows_beyond_all_numbers_ends_the_text_where_it_does(native: bool) -> None:
    """A linear cell has nothing that bounds it: what came before is drawn, and then it is said."""
    network = random_network("linear", dtype=torch.float32)
    with torch.no_grad():
        network.layers[0].W_h.copy_(30 * torch.eye(4))
    drawn: list[int] = []
    with pytest.raises(DivergedError):
        drawn.extend(
            int(ids[0])
            for ids in continue_text(network, network.zero_state(1), [1], Choice(0), [[1]], 100, native=native)
        )
    assert 20 < len(drawn) < 30, "30 to the power of 26 is the largest power in float32"


@pytest.mark.parametrize("choice", [Choice(1e-320), Choice(1e308), Choice(1e-5, top_p=1e-300), Choice(1, top_p=1)])
def test_extreme_choices_are_drawn_alike(choice: Choice) -> None:
    network = random_network("lstm", vocabulary=7)
    by_kernels, by_torch = (
        [int(ids[0]) for ids in continue_text(network, network.zero_state(1), [1], choice, [[1]], 50, native=native)]
        for native in (True, False)
    )
    assert by_kernels == by_torch
