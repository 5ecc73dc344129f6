"""Looking ahead changes neither the batches nor the place at which a resume goes on."""

from __future__ import annotations

from itertools import islice
from random import Random

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from charnn.batches.ahead import Ahead
from charnn.batches.batch import Batch, TextBatch
from charnn.batches.running_text import RunningText
from charnn.bptt.strategies import Strategy
from charnn.bptt.strategies.randomized import Randomized
from charnn.bptt.strategies.truncated import Truncated
from charnn.data.running_text.lanes import Lanes

STRATEGIES: list[Strategy] = [Truncated(tau=5), Truncated(tau=6, stride=2), Randomized(pi=(0.7,))]


def loader(strategy: Strategy) -> RunningText:
    return RunningText(Lanes(np.arange(62, dtype=np.uint8), 2), strategy, 1, "mean", torch.device("cpu"))


def same(one: Batch, other: Batch) -> bool:
    assert isinstance(one, TextBatch)
    assert isinstance(other, TextBatch)
    return torch.equal(one.inputs, other.inputs) and (one.epoch, one.save_at) == (other.epoch, other.save_at)


@given(strategy=st.sampled_from(STRATEGIES), seed=st.integers(0, 1000))
def test_the_place_is_that_of_the_upcoming_batch_however_many_were_seen(strategy: Strategy, seed: int) -> None:
    random, read, plain = Random(seed), loader(strategy), loader(strategy).batches()
    ahead = Ahead(read)
    for _ in range(12):
        seen = list(islice(ahead.of_this_pass(), random.randint(1, 9)))
        assert {int(batch.epoch) for batch in seen} == {int(ahead.upcoming.epoch)}
        resumed = loader(strategy)
        resumed.go_to(read.place())
        assert all(same(one, other) for one, other in zip(seen, resumed.batches(), strict=False))
        done = random.randint(1, len(seen))
        assert all(same(one, other) for one, other in zip(seen[:done], islice(plain, done), strict=True))
        ahead.move_on(done)


def test_a_pass_ends_what_is_seen() -> None:
    read = loader(Truncated(tau=5))  # six windows a pass
    ahead = Ahead(read)
    ahead.move_on(len(list(islice(ahead.of_this_pass(), 4))))
    assert [len(list(ahead.of_this_pass())) for _ in range(2)] == [2, 2]
    ahead.move_on(2)
    assert read.begins_a_pass
    assert len(list(ahead.of_this_pass())) == 6
