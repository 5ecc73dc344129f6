"""An update as one call of compiled code, against the same by autograd and torch.optim."""

from __future__ import annotations

import gc
import math
import weakref
from copy import deepcopy
from dataclasses import replace
from random import Random
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from charnn.batches.batch import Batch, ExampleBatch, TextBatch
from charnn.bptt.execution import Execution
from charnn.configuration.reading import config_of
from charnn.configuration.sections import Model
from charnn.kernels.library import library
from charnn.networks.classifier import Classifier
from charnn.networks.conditional import ConditionalGenerator
from charnn.networks.dropout import Dropout, Noise
from charnn.networks.encoder_decoder import EncoderDecoder
from charnn.networks.language_model import LanguageModel
from charnn.networks.network import Network
from charnn.networks.stack import States
from charnn.training.optimizers import OPTIMIZERS
from charnn.training.processes import ALONE
from charnn.training.updates import Learner, NotFiniteError
from charnn.training.updates.by_autograd import ByAutograd
from charnn.training.updates.by_program import MOST_PROGRAMS, ByProgram, Recorded
from tests.models import EXAMPLE_TASKS, KERNEL_CELLS, LABELS, batch_of, example_batch, random_rows, random_states

pytestmark = pytest.mark.skipif(library() is None, reason="there are no compiled kernels")

SYMBOLS, RATE = 5, 0.01

RULES: list[dict[str, Any]] = [
    {"name": "sgd"},
    {"name": "sgd", "momentum": 0.9, "weight_decay": 0.1},
    {"name": "adagrad"},
    {"name": "adagrad", "epsilon_inside_root": True, "epsilon": 0.1},
    {"name": "rmsprop"},
    {"name": "rmsprop", "momentum": 0.5},
    {"name": "adam", "betas": [0.8, 0.9]},
    {"name": "adamw", "weight_decay": 0.3},
]
CLIPS: list[dict[str, Any]] = [
    {"by": "norm", "threshold": 0.5},
    {"by": "value", "threshold": 0.05},
    {"by": "none"},
]


def learner_of(
    cell: str = "lstm",
    optimizer: dict[str, Any] | None = None,
    clip: dict[str, Any] | None = None,
    dtype: str = "float64",
    engine: str = "native",
    task: str = "language-model",
    text_weight: float = 0.0,
    **model: Any,
) -> Learner:
    config = config_of(
        {
            "corpus": {"text": "x"},
            "model": {"cell": cell, "hidden": 6, **model},
            "bptt": {"engine": engine},
            "optimizer": optimizer or {"name": "adam"},
            "clip": clip or CLIPS[0],
        }
    )
    torch.manual_seed(1)
    network = network_of(task, config.model, text_weight).to(getattr(torch, dtype))
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    parameters = list(network.parameters())
    built = OPTIMIZERS.of(config.optimizer).build(parameters)
    return Learner(network, parameters, built, Execution.of(engine), config, ALONE)


def network_of(task: str, model: Model, text_weight: float) -> Network:
    if task == "classification":
        return Classifier(SYMBOLS, LABELS, model, text_weight)
    if task == "conditional-generation":
        return ConditionalGenerator(LABELS, SYMBOLS, model)
    if task == "sequence-to-sequence":
        return EncoderDecoder(SYMBOLS, SYMBOLS, model, reverse_source=True)
    return LanguageModel(SYMBOLS, model)


def two_of(**keys: Any) -> tuple[ByAutograd, ByProgram]:
    return ByAutograd(learner_of(**keys)), ByProgram(learner_of(**keys))


def random_batch(random: Random, steps: int, lanes: int, *, gates: bool = False, whole: bool = True) -> TextBatch:
    ids = torch.tensor([[random.randrange(SYMBOLS) for _ in range(lanes)] for _ in range(steps + 1)])
    xi = [random.choice([0.0, 1.0, 2.5]) for _ in range(steps)] if gates else None
    count_from, save_at = (0, steps) if whole else (random.randrange(steps), random.randint(0, steps))
    return batch_of(ids, xi, count_from, save_at)


def recorded(updates: ByProgram, batch: Batch) -> Recorded:
    found = updates.of(batch)
    assert found is not None
    return found


def differences(a: Learner, b: Learner, states: States, others: States) -> float:
    """The largest difference of parameters, of what optimisers remember, and of states; of large ones relative."""
    pairs: list[tuple[Tensor, Tensor]] = list(zip(a.parameters, b.parameters, strict=True))
    for ours, theirs in zip(a.parameters, b.parameters, strict=True):
        memory, other = a.optimizer.state[ours], b.optimizer.state[theirs]
        assert {key for key, value in memory.items() if value is not None} == set(other)
        pairs += [(memory[key], other[key]) for key in other]
    for state, other_state in zip(states, others, strict=True):
        pairs += list(zip(state, other_state, strict=True))
    return max(_difference(one.detach().double(), other.detach().double()) for one, other in pairs)


def _difference(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max() / other.abs().max().clamp_min(1))


def dropout_for(learner: Learner, batch: Batch, step: int) -> Dropout | None:
    """A fresh one for each side, of the same numbers."""
    if not learner.config.model.drops:
        return None
    return Dropout(learner.config.model, Noise(7, step, batch, torch.device("cpu")))


def compare(
    updates: int, random: Random, bound: float, one: ByAutograd, other: ByProgram, shortest: int = 1, **batches: Any
) -> None:
    states = others = random_states(one.learner.network, 3)
    for update in range(updates):
        batch = random_batch(random, random.randint(shortest, 7), 3, **batches)
        dropout = dropout_for(one.learner, batch, update)
        done = one(batch, states, dropout, [RATE] * 2 if len(one.learner.optimizer.param_groups) == 2 else [RATE])
        same = recorded(other, batch).run(batch, others, dropout_for(other.learner, batch, update), RATE)
        states, others = done.states, same.states
        assert same.nats == pytest.approx(done.nats, rel=bound, abs=bound)
        assert same.clipped.norm == pytest.approx(done.clipped.norm, rel=bound, abs=bound)
        assert same.clipped.changed == done.clipped.changed
    assert differences(one.learner, other.learner, states, others) < bound


@pytest.mark.parametrize("model", [{}, {"layers": 2}, {"layers": 3, "residual": True}, {"embedding": 3, "layers": 2}])
@pytest.mark.parametrize("cell", KERNEL_CELLS)
def test_it_does_what_autograd_and_torch_do(cell: str, model: dict[str, Any]) -> None:
    one, other = two_of(cell=cell, **model)
    # Windows that read fewer symbols than an embedding has go another way.
    compare(6, Random(1), 1e-12, one, other, gates=True, whole=False)


DROPPED: list[dict[str, Any]] = [
    {"output_dropout": 0.3},
    {"input_dropout": 0.3},
    {"recurrent_dropout": 0.4},
    {"layers": 3, "dropout": 0.4, "residual": True},
    {"layers": 2, "dropout": 0.2, "input_dropout": 0.3, "output_dropout": 0.4, "recurrent_dropout": 0.1},
    {"layers": 2, "embedding": 2, "dropout": 0.2, "output_dropout": 0.4, "recurrent_dropout": 0.1},
    {"embedding": 2, "input_dropout": 0.3},
]


@pytest.mark.parametrize("masks", ["step", "window"])
@pytest.mark.parametrize("dropped", DROPPED, ids=str)
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_with_the_same_masks_it_drops_what_autograd_drops(cell: str, dropped: dict[str, Any], masks: str) -> None:
    one, other = two_of(cell=cell, dropout_masks=masks, **dropped)
    compare(5, Random(9), 1e-11, one, other, gates=True, whole=False)


@pytest.mark.parametrize("masks", ["step", "window"])
def test_masks_of_steps_and_of_symbols_may_have_one_shape(masks: str) -> None:
    one, other = two_of(cell="gru", dropout_masks=masks, input_dropout=0.5)
    batch = random_batch(Random(4), SYMBOLS, SYMBOLS)  # as many steps as lanes as symbols
    states = random_states(one.learner.network, SYMBOLS)
    done = one(batch, states, dropout_for(one.learner, batch, 0), [RATE])
    same = recorded(other, batch).run(batch, states, dropout_for(other.learner, batch, 0), RATE)
    assert same.nats == pytest.approx(done.nats, rel=1e-11)


def random_row_batch(
    random: Random, task: str, rows: int, longest: int, *, gates: bool, weighted: bool = False
) -> ExampleBatch:
    torch.manual_seed(random.randrange(1 << 30))
    inputs, targets = random_rows(task, rows, SYMBOLS, longest)

    def xi(texts: list[Tensor], further: int) -> Tensor:
        return torch.randint(0, 3, (max(map(len, texts)) + further, rows)).double()

    more = {"weights": torch.rand(rows).double()} if weighted else {}
    more |= {"input_xi": xi(inputs, 0), "target_xi": xi(targets, 1)} if gates else {}
    return example_batch(inputs, targets, **more)


OF_ROWS: list[dict[str, Any]] = [
    {},
    {"embedding": 3, "layers": 2, "residual": True},
    {"embedding": 9, "hidden": 4},
    {"layers": 2, "dropout": 0.2, "input_dropout": 0.3, "output_dropout": 0.4, "recurrent_dropout": 0.1},
    {"embedding": 2, "input_dropout": 0.3, "output_dropout": 0.4, "recurrent_dropout": 0.1},
]


@pytest.mark.parametrize("masks", ["step", "window"])
@pytest.mark.parametrize("model", OF_ROWS, ids=str)
@pytest.mark.parametrize("cell", KERNEL_CELLS)
@pytest.mark.parametrize("task", EXAMPLE_TASKS)
def test_it_learns_from_rows_of_different_length(task: str, cell: str, model: dict[str, Any], masks: str) -> None:
    text_weight = 0.3 if task == "classification" and masks == "window" else 0.0
    keys = {**model, "cell": cell, "task": task, "dropout_masks": masks, "text_weight": text_weight}
    one, other = two_of(**keys)
    random = Random(3)
    for update in range(8):
        # Some batches are longer than all before them, and one has fewer rows.
        rows, weighted = 4 if update == 5 else 6, task == "classification" and update in (2, 3, 6)
        longest = random.randint(1, 9)
        batch = random_row_batch(random, task, rows, longest, gates=update % 2 == 1, weighted=weighted)
        done = one(batch, (), dropout_for(one.learner, batch, update), [RATE])
        same = recorded(other, batch).run(batch, (), dropout_for(other.learner, batch, update), RATE)
        assert same.nats == pytest.approx(done.nats, rel=1e-11)
        assert same.clipped.norm == pytest.approx(done.clipped.norm, rel=1e-11)
    assert differences(one.learner, other.learner, (), ()) < 1e-10


def test_programs_of_rows_grow_and_are_few() -> None:
    updates, random = ByProgram(learner_of(task="sequence-to-sequence")), Random(4)
    found = [recorded(updates, random_row_batch(random, "sequence-to-sequence", 5, 12, gates=False)) for _ in range(40)]
    assert len(set(map(id, found))) <= 4


def test_what_is_left_to_torch_depends_on_the_batch_alone() -> None:
    """Else a training that was resumed, whose programs are new, would round in another way than the whole one."""
    learner = replace(learner_of(task="classification"), execution=Execution.of("native", recompute=5))
    updates = ByProgram(learner)

    def batch(steps: int) -> ExampleBatch:
        return example_batch([torch.zeros(steps, dtype=torch.int64)] * 2, [torch.tensor([0])] * 2)

    # The program for four steps has room for six, but the states of six are computed again.
    assert [updates.of(batch(steps)) is not None for steps in (6, 4, 6, 4, 40, 4)] == [False, True] * 3


def test_rows_with_weights_have_a_program_of_their_own() -> None:
    updates, random = ByProgram(learner_of(task="classification")), Random(6)
    plain, weighted, again = (
        recorded(updates, random_row_batch(random, "classification", 3, 1, gates=False, weighted=weighted))
        for weighted in (False, True, True)
    )
    assert plain is not weighted is again


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip["by"])
@pytest.mark.parametrize("rule", RULES, ids=str)
def test_every_rule_equals_that_of_torch(rule: dict[str, Any], clip: dict[str, Any]) -> None:
    one, other = two_of(cell="rnn", optimizer=rule, clip=clip)
    compare(5, Random(2), 1e-12, one, other)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_in_float32_too(rule: dict[str, Any]) -> None:
    one, other = two_of(cell="gru", optimizer=rule, dtype="float32")
    compare(5, Random(3), 2e-5, one, other)


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    cell=st.sampled_from(KERNEL_CELLS),
    hidden=st.integers(1, 40),
    layers=st.integers(1, 3),
    residual=st.booleans(),
    rule=st.sampled_from(RULES),
)
def test_any_shape(seed: int, cell: str, hidden: int, layers: int, residual: bool, rule: dict[str, Any]) -> None:
    model = {"hidden": hidden, "layers": layers, "residual": residual and layers > 1}
    one, other = two_of(cell=cell, optimizer=rule, **model)
    compare(2, Random(seed), 1e-10, one, other, gates=True, whole=False)


@pytest.mark.soak
@settings(max_examples=5_000)
@given(
    seed=st.integers(0, 1_000_000),
    cell=st.sampled_from(KERNEL_CELLS),
    hidden=st.integers(1, 70),
    layers=st.integers(1, 3),
    rule=st.sampled_from(RULES),
    clip=st.sampled_from(CLIPS),
)
def test_many_shapes(
    seed: int, cell: str, hidden: int, layers: int, rule: dict[str, Any], clip: dict[str, Any]
) -> None:
    """Differences of 1e-15 grow where gates of 2.5 let a gradient explode: what is wrong would differ by far more."""
    one, other = two_of(cell=cell, optimizer=rule, clip=clip, hidden=hidden, layers=layers)
    compare(3, Random(seed), 1e-6, one, other, gates=True, whole=False)


def test_it_goes_on_from_what_torch_remembers_and_torch_from_it() -> None:
    (one, other), random = two_of(), Random(4)
    by_torch = ByAutograd(other.learner)
    states = random_states(one.learner.network, 2)
    for update in range(6):
        batch = random_batch(random, 5, 2)
        one(batch, states, None, [RATE])
        if update % 3:
            recorded(other, batch).run(batch, states, None, RATE)
        else:
            by_torch(batch, states, None, [RATE])
    assert differences(one.learner, other.learner, states, states) < 1e-12


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"engine": "autograd"}, "another engine"),
        ({"cell": "min-gru"}, "a cell without kernels"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_it_leaves_to_torch(keys: dict[str, Any], why: str) -> None:
    assert ByProgram(learner_of(**keys)).of(random_batch(Random(5), 2, 2)) is None, why


def test_it_leaves_what_is_watched_to_torch() -> None:
    updates, batch = ByProgram(learner_of()), random_batch(Random(6), 3, 2)
    assert updates.of(batch) is not None
    hook = updates.learner.parameters[0].register_hook(lambda gradient: None)
    assert updates.of(batch) is None
    hook.remove()
    assert updates.of(batch) is not None
    hook = updates.learner.network.register_forward_hook(lambda *_: None)
    assert updates.of(batch) is None
    hook.remove()


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_nothing_changes_where_a_number_is_not_finite(broken: float) -> None:
    updates, batch = ByProgram(learner_of()), random_batch(Random(7), 3, 2)
    states = random_states(updates.learner.network, 2)
    recorded(updates, batch).run(batch, states, None, RATE)
    with torch.no_grad():
        updates.learner.parameters[0][0, 0] = broken
    before = deepcopy(updates.learner.network.state_dict())
    memory = deepcopy(updates.learner.optimizer.state_dict())
    with pytest.raises(NotFiniteError):
        recorded(updates, batch).run(batch, states, None, RATE)
    after = updates.learner.network.state_dict()
    assert all(torch.equal(before[name], after[name]) or name == next(iter(before)) for name in before)
    for key, remembered in memory["state"].items():
        for name, value in remembered.items():
            assert torch.equal(value, updates.learner.optimizer.state_dict()["state"][key][name])


def test_programs_of_many_shapes_are_let_go() -> None:
    updates, random = ByProgram(learner_of(cell="rnn")), Random(8)
    first = random_batch(random, 1, 1)
    for steps in range(1, MOST_PROGRAMS + 20):
        recorded(updates, random_batch(random, steps, 1))
        recorded(updates, first)
    assert len(updates._recorded) == MOST_PROGRAMS
    assert (1, 1, 1, 0, False) in updates._recorded


@pytest.mark.parametrize("model", [{}, {"layers": 2, "dropout": 0.2, "recurrent_dropout": 0.2, "output_dropout": 0.2}])
def test_a_program_goes_with_its_last_user(model: dict[str, Any]) -> None:
    """At once, and not when the collector comes: windows of many lengths would fill the memory till then."""
    updates, random = ByProgram(learner_of(**model)), Random(10)
    gc.disable()
    try:
        program = weakref.ref(recorded(updates, random_batch(random, 3, 1)).program)
        updates._recorded.clear()
        assert program() is None
    finally:
        gc.enable()


def test_ids_that_name_no_symbol_are_refused() -> None:
    updates = ByProgram(learner_of())
    batch = batch_of(torch.tensor([[0], [1], [SYMBOLS]]))
    with pytest.raises(IndexError):
        recorded(updates, batch).run(batch, updates.learner.network.zero_state(1), None, RATE)
