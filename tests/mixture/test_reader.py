"""Reading with networks and n-grams: nothing depends on what comes later, and probabilities sum to one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from charnn.errors import DivergedError, InputError
from charnn.evaluation.adaptation import Adaptation
from charnn.evaluation.mixing import fitted_weights
from charnn.generation import streams
from charnn.generation.choice import Choice
from charnn.mixture import reader as module
from charnn.mixture.learning import informed, mixture_of
from charnn.mixture.reader import Reader
from charnn.mixture.stored import KINDS, Mixture, kinds_of, markov_model
from charnn.mixture.writer import continue_with, next_probabilities
from charnn.networks.reading.on_torch import on_torch
from tests.models import random_network

SYMBOLS = 5


def text(length: int, seed: int = 1) -> np.ndarray:
    """Words of a small language, so that counting has something to say."""
    random = np.random.default_rng(seed)
    words = np.random.default_rng(0).integers(0, SYMBOLS - 1, (6, 4))
    return np.concatenate([[*words[k], SYMBOLS - 1] for k in random.integers(0, 6, length)])[:length].astype(np.uint32)


def mixture(learned: bool) -> Mixture:
    train = text(600, seed=2)
    network = random_network("gru")
    return mixture_of(network, train, train[500:] if learned else train[:0], SYMBOLS, 4)


ADAPTATIONS: dict[str, Any] = {
    "still": None,
    "plain": Adaptation(),
    "scaled": Adaptation(
        scales={name: one.detach().abs().numpy() + 0.1 for name, one in random_network("lstm").named_parameters()},
        decay=0.01,
    ),
}


@pytest.mark.parametrize("adaptation", ADAPTATIONS)
@pytest.mark.parametrize("kind", ["alone", "mixed", "learned"])
@pytest.mark.parametrize("changed", [30, 57, 75, 101])
def test_what_comes_later_changes_nothing_before(adaptation: str, kind: str, changed: int) -> None:
    """Any suffix: to the bit, also the rest of the piece that the change lies in."""
    networks = [random_network("lstm"), random_network("rnn")]
    if adaptation == "scaled":
        networks = networks[:1]
    ids = text(140)
    other = ids.copy()
    other[changed:] = (other[changed:] + 1 + np.arange(140 - changed) % 3) % SYMBOLS
    mixed = None if kind == "alone" else mixture(kind == "learned")
    one, two = (Reader(networks, ADAPTATIONS[adaptation], mixed).score(read).losses for read in (ids, other))
    assert np.array_equal(one[: changed - 1], two[: changed - 1])
    assert not np.array_equal(one, two)


@pytest.mark.parametrize("adaptation", [None, Adaptation()])
@pytest.mark.parametrize("learned", [False, True])
def test_the_probabilities_of_what_comes_next_sum_to_one(adaptation: Adaptation | None, learned: bool) -> None:
    """In every context that was read; and that of the next symbol is what its score says."""
    ids, mixed = text(90), mixture(learned)
    for length in (1, 2, 5, 40, 77):
        p = next_probabilities(Reader([random_network("lstm")], adaptation, mixed), ids[:length])
        assert p.sum() == pytest.approx(1, abs=1e-12)
        assert (p > 0).all()


def test_the_score_of_a_symbol_is_its_probability() -> None:
    ids, mixed = text(60), mixture(learned=True)
    losses = Reader([random_network("lstm")], None, mixed).score(ids).losses
    for place in (1, 2, 9, 59):
        p = next_probabilities(Reader([random_network("lstm")], None, mixed), ids[:place])
        assert -np.log(p[ids[place]]) == pytest.approx(losses[place - 1], abs=1e-9)


def test_several_networks_are_the_mean_of_their_probabilities() -> None:
    networks = [random_network("lstm", seed=1), random_network("gru", seed=2), random_network("rnn", seed=3)]
    ids = text(50)
    alone = np.stack([np.exp(-Reader([network]).score(ids).losses) for network in networks])
    np.testing.assert_allclose(np.exp(-Reader(networks).score(ids).losses), alone.mean(0), rtol=1e-9)


def test_what_was_held_out_is_no_less_likely_than_with_the_better_part() -> None:
    """Network and counts that have not seen it, with the weights that were fitted on it."""
    train = text(900, seed=5)
    rest, kept = train[:700], train[700:]
    p, kinds = Reader([random_network("gru")], None, Mixture(markov_model(rest, SYMBOLS, 4))).experts(kept)
    weights = fitted_weights(kinds, p, KINDS)
    mixed = -np.log((weights[kinds] * p).sum(1)).mean()
    assert mixed <= (-np.log(p).mean(0)).min() + 1e-6
    found = mixture_of(random_network("gru"), train, kept, SYMBOLS, 4)
    assert found.weights is not None
    np.testing.assert_array_equal(found.weights, weights)
    assert found.rate is not None
    assert found.adapting is not None
    assert found.adapting.shape == (KINDS, 3)
    # The counts take in afterwards what was held out.
    assert found.model.size == markov_model(train, SYMBOLS, 4).size


def test_one_and_two_threads_agree() -> None:
    network, ids = random_network("lstm", hidden=32, dtype=torch.float32), text(400)
    scores = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        scores.append(Reader([network], Adaptation(), mixture(learned=True)).score(ids).nats)
    torch.set_num_threads(1)
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)


def test_kinds_are_numbers_of_their_own() -> None:
    lengths = np.arange(9).repeat(6)
    kinds = kinds_of(np.tile([0.1, 0.4, 0.6, 0.8, 0.95, 0.99], 9), lengths)
    assert sorted(kinds.tolist()) == list(range(KINDS))


def test_a_text_of_one_symbol_has_no_score() -> None:
    with pytest.raises(InputError, match="needs at least 2"):
        Reader([random_network("rnn")]).score(text(1))


def written(reader: Reader, choice: Choice, seeds: list[list[int]], length: int) -> list[list[int]]:
    """The symbols of each stream, after a text of 60."""
    drawn = np.array(list(continue_with(reader, text(60).tolist(), choice, seeds, length)))
    return [list(column) for column in drawn.T]


def test_a_writer_draws_the_same_with_the_same_seed_and_keeps_to_its_choice() -> None:
    def draw(seed: int, temperature: float) -> list[list[int]]:
        reader = Reader([random_network("lstm")], Adaptation(), mixture(learned=False))
        return written(reader, Choice(temperature), [[seed, 0]], 40)

    assert draw(1, 1.0) == draw(1, 1.0)
    assert draw(1, 1.0) != draw(2, 1.0)
    assert draw(1, 0.0) == draw(2, 0.0)


@pytest.mark.parametrize("choice", [Choice(1.0), Choice(0.7, top_k=3), Choice(1.3, top_p=0.8), Choice(0.0)])
@pytest.mark.parametrize("adaptation", [None, Adaptation()])
@pytest.mark.parametrize("learned", [False, True])
def test_kernels_and_steps_write_the_same(
    adaptation: Adaptation | None, choice: Choice, *, learned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over several calls of the kernels, and however many texts are written at once."""
    monkeypatch.setattr(streams, "_FIRST_CALL", 3)
    mixed, seeds = mixture(learned), [[3, number] for number in range(5)]

    def drawn(own: list[list[int]]) -> list[list[int]]:
        return written(Reader([random_network("lstm", layers=2)], adaptation, mixed), choice, own, 50)

    compiled = drawn(seeds)
    assert [drawn([seed])[0] for seed in seeds] == compiled
    monkeypatch.setattr(module, "reading_together", lambda networks: on_torch(networks[0]))
    assert drawn(seeds) == compiled


def test_what_is_improbable_is_drawn_by_kernels_and_steps_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """A high temperature draws symbols that a sure network gives 1e-26, where the n-grams have no weight."""
    network, seeds = random_network("lstm"), [[1, number] for number in range(20)]
    with torch.no_grad():
        network.b_q.add_(torch.linspace(0, -60, SYMBOLS))
    mixed = replace(mixture(learned=True), weights=np.tile([1.0, 0.0], (KINDS, 1)))

    def drawn() -> list[list[int]]:
        return written(Reader([network], None, mixed), Choice(10.0), seeds, 50)

    compiled = drawn()
    assert max(map(max, compiled)) == SYMBOLS - 1
    monkeypatch.setattr(module, "reading_together", lambda networks: on_torch(networks[0]))
    assert drawn() == compiled


def test_a_network_that_took_in_what_was_held_out_knows_it_better() -> None:
    """And what is like it; the network that was trained stays as it is."""
    network, kept, later = random_network("lstm", hidden=12), text(400, seed=3), text(400, seed=4)
    before = [parameter.detach().clone() for parameter in network.parameters()]
    found = informed(network, kept)
    for ids in (kept, later):
        assert Reader([found]).score(ids).nats < Reader([network]).score(ids).nats - 0.02
    assert all(torch.equal(one, other) for one, other in zip(before, network.parameters(), strict=True))


def test_several_networks_write_what_their_mean_says() -> None:
    """The likeliest symbol, again and again."""
    networks, mixed = [random_network("lstm", seed=1), random_network("gru", seed=2)], mixture(learned=True)
    (found,) = written(Reader(networks, None, mixed), Choice(0.0), [[1]], 12)
    read = text(60).tolist()
    for symbol in found:
        p = next_probabilities(Reader(networks, None, mixed), np.array(read, dtype=np.uint32))
        assert symbol == p.argmax()
        read.append(symbol)


def test_a_network_that_diverged_writes_nothing_more() -> None:
    network = random_network("lstm")
    with torch.no_grad():
        network.b_q.fill_(torch.nan)
    for networks in ([network], [network, random_network("rnn")]):
        with pytest.raises(DivergedError):
            list(continue_with(Reader(networks, None, mixture(learned=True)), [1], Choice(1.0), [[1, 0]], 5))
