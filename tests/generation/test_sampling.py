"""Drawing: the distribution that is drawn from, and the rule that draws."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from charnn.bptt.recurrence import engine
from charnn.generation.sampling import Choice, _network, _until, continue_text, pick, sample
from hypothesis import given
from hypothesis import strategies as st

from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import UsageError
from charnn.kernels.sampler import Sampler
from tests.models import ALL_CELLS, random_model, relative_difference

LOGITS = torch.log(torch.tensor([[0.1, 0.4, 0.2, 0.3]]))


def probabilities(**options: object) -> list[float]:
    return Choice(**options).probabilities(LOGITS)[0].tolist()  # type: ignore[arg-type]


def test_the_plain_distribution_is_the_softmax() -> None:
    assert probabilities() == pytest.approx([0.1, 0.4, 0.2, 0.3])


def test_temperature_sharpens_and_flattens() -> None:
    assert probabilities(temperature=0) == [0, 1, 0, 0]
    squares = np.array([0.1, 0.4, 0.2, 0.3]) ** 2
    assert probabilities(temperature=0.5) == pytest.approx(squares / squares.sum())
    assert probabilities(temperature=1e9) == pytest.approx([0.25] * 4)
    assert probabilities(temperature=1e-300) == [0, 1, 0, 0]


def test_top_k_and_top_p_cut_the_tail() -> None:
    assert probabilities(top_k=2) == pytest.approx([0, 4 / 7, 0, 3 / 7])
    assert probabilities(top_k=9) == pytest.approx([0.1, 0.4, 0.2, 0.3])
    assert probabilities(top_p=0.5) == pytest.approx([0, 4 / 7, 0, 3 / 7])
    assert probabilities(top_p=0.39) == [0, 1, 0, 0]
    assert probabilities(top_p=1.0) == pytest.approx([0.1, 0.4, 0.2, 0.3])
    assert probabilities(top_k=3, top_p=0.6) == pytest.approx([0, 4 / 7, 0, 3 / 7])


@pytest.mark.parametrize("options", [{"temperature": -1}, {"temperature": float("nan")}, {"top_k": 0}, {"top_p": 0.0}])
def test_what_makes_no_sense_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Choice(**options)


@given(
    weights=st.lists(st.floats(0, 1), min_size=1, max_size=8).filter(lambda weights: sum(weights) > 1e-6),
    u=st.floats(0, 1, exclude_max=True),
)
def test_pick_is_the_slow_inverse_of_the_cumulative_distribution(weights: list[float], u: float) -> None:
    p = torch.tensor([weights], dtype=torch.float64)
    (found,) = pick(p, np.array([u]))
    cumulative = torch.tensor(weights, dtype=torch.float64).cumsum(0).tolist()
    slow = next((index for index, total in enumerate(cumulative) if total > u * cumulative[-1]), None)
    assert found == slow or slow is None
    assert weights[found] > 0


def test_a_uniform_that_rounds_up_to_one_picks_the_last_possible_symbol() -> None:
    assert pick(torch.tensor([[0.3, 0.3, 0.0]], dtype=torch.float64), np.array([np.nextafter(1, 0)])) == [1]


def test_draws_follow_the_distribution() -> None:
    p = torch.tensor([[0.1, 0.4, 0.2, 0.3]], dtype=torch.float64).expand(20_000, -1)
    counts = np.bincount(pick(p, np.random.default_rng(1).random(20_000)), minlength=4)
    assert counts / 20_000 == pytest.approx([0.1, 0.4, 0.2, 0.3], abs=0.01)


@pytest.mark.parametrize("name", ALL_CELLS)
def test_one_stream_is_the_model_fed_with_its_own_draws(name: str) -> None:
    """Against a loop that reads the whole text anew for each character."""
    model, choice = random_model(name, layers=2), Choice(1.3)
    drawn = [int(ids[0]) for ids in continue_text(model, model.zero_state(1), [1, 4], choice, [[7]], 12)]
    text, uniforms = [1, 4], np.random.Generator(np.random.Philox([7]))
    for expected in drawn:
        logits, _ = model(torch.tensor(text)[:, None], model.zero_state(1))
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


@pytest.mark.parametrize("name", ALL_CELLS)
@pytest.mark.parametrize("shape", [{"layers": 1}, {"layers": 3, "embedding": 6}])
@pytest.mark.parametrize("lanes", [1, 4])
def test_the_kernels_draw_what_torch_draws(name: str, shape: dict[str, int], lanes: int) -> None:
    """Equal symbol for symbol in float64, over several calls of the kernels."""
    model = random_model(name, vocabulary=30, hidden=21, **shape)
    seeds = [[5, stream] for stream in range(lanes)]
    for choice in CHOICES:
        drawn = [
            np.array(list(continue_text(model, model.zero_state(1), [1, 2, 3], choice, seeds, 200, native=native)))
            for native in (True, False)
        ]
        assert drawn[0].shape == (200, lanes)
        np.testing.assert_array_equal(*drawn)


@pytest.mark.parametrize("name", ALL_CELLS)
def test_in_float32_the_kernels_draw_from_the_same_logits(name: str) -> None:
    """Teacher-forced: at each step both have read the same text; a draw may differ only within 1e-6 of a border."""
    model = random_model(name, vocabulary=30, hidden=40, layers=2, dtype=torch.float32)
    logits = torch.zeros(1, 30)
    sampler = Sampler(_network(model), model.zero_state(1), logits)
    text = []
    for uniform in np.random.default_rng(1).random(300):
        (drawn,) = sampler.draw(np.array([[uniform]]), 1.0, None, None)[0]
        p = Choice().probabilities(logits)
        if pick(p, np.array([uniform])) != drawn:
            assert (p.cumsum(-1) - uniform).abs().min() < 1e-6
        text.append(int(drawn))
        with torch.no_grad():
            logits = model(torch.tensor(text)[:, None], model.zero_state(1), run=engine("manual"))[0][-1]
        assert relative_difference(sampler.logits, logits) < 1e-5


def test_without_a_prime_the_state_alone_gives_the_first_symbol() -> None:
    model = random_model("gru")
    first = next(continue_text(model, model.zero_state(1), [], Choice(0), [[1]], 1))
    assert first == [int(model.b_q.argmax())]


def test_without_a_prime_a_text_begins_as_after_a_line_end() -> None:
    model = random_model("gru", vocabulary=3)
    vocabulary = Vocabulary((b"\n", b"a", b"b"))
    plain = [b"".join(stream) for stream in sample(model, vocabulary, [], Choice(), 20, [[1]])]
    primed = [b"".join(stream) for stream in sample(model, vocabulary, [0], Choice(), 20, [[1]])]
    assert plain == primed


def test_sampling_leaves_the_state_it_started_from_alone() -> None:
    model = random_model("lstm")
    states = model.zero_state(1)
    list(continue_text(model, states, [1], Choice(), [[1]], 5))
    assert all((part == 0).all() for state in states for part in state)


@given(text=st.text("ab", max_size=30), stop=st.text("ab", min_size=1, max_size=4))
def test_a_stop_text_ends_before_its_first_occurrence(text: str, stop: str) -> None:
    pieces = list(_until((character.encode() for character in text), stop))
    assert b"".join(pieces).decode() == text.split(stop)[0]
