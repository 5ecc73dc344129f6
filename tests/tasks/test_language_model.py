"""The task of language modelling, on a small text: its parts, its batches, its scores, and what a run of it says."""

from __future__ import annotations

import hashlib
import io
import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from charnn.batches.running_text import RunningText
from charnn.configuration.reading import read_settings
from charnn.data.text.vocabulary import UnknownSymbolsError
from charnn.errors import DivergedError, InputError
from charnn.evaluation.score import score
from charnn.generation.choice import Choice
from charnn.generation.streams import continue_text
from charnn.networks.language_model import LanguageModel
from charnn.networks.parameters.initialisation import initialise
from charnn.networks.stack import States
from charnn.ngrams.evaluation import evaluate
from charnn.ngrams.model import fitting
from charnn.runs.layout import VOCABULARY
from charnn.runs.run import Run
from charnn.tasks.language_model import LanguageModelling, trained_text_network

TEXT = "the cat sat on the mat and the dog sat on the log, and the cat saw the dog. "
CPU = torch.device("cpu")


def task_of(*settings: str) -> LanguageModelling:
    return LanguageModelling(
        read_settings(
            f"corpus={{text: '{TEXT}', split: [0.6, 0.3, 0.1]}}", "model={hidden: 4, layers: 2}",
            "bptt.tau=6", "train={lanes: 3, seed: 5, sample_length: 7}", *settings,
        )
    )  # fmt: skip


def network_of(task: LanguageModelling) -> LanguageModel:
    network = task.network()
    assert isinstance(network, LanguageModel)
    initialise(network, "orthogonal", seed=1)
    return network


def test_the_network_has_the_symbols_of_the_text_and_the_configured_shape_and_type() -> None:
    for dtype in (torch.float32, torch.float64):
        network = task_of(f"train.dtype={str(dtype).removeprefix('torch.')}").network()
        assert network.W_q.shape == (4, len(set(TEXT)))
        assert len(network.layers) == 2
        assert {parameter.dtype for parameter in network.parameters()} == {dtype}
        assert not any(parameter.any() for parameter in network.parameters())


def test_the_loader_reads_the_training_part_alone() -> None:
    task = task_of("train.loss=sum", "bptt={strategy: randomized, pi: 0.8}")
    loader = task.loader(None, CPU)
    assert isinstance(loader, RunningText)
    train = task.dataset.part("train")
    assert loader.text.ids.tolist() == train.tolist()
    assert len(train) == int(0.6 * len(TEXT))
    assert (loader.lanes, loader.own) == (3, range(3))
    assert (loader.strategy, loader.seed, loader.loss) == (task.config.bptt.strategy, 5, "sum")
    assert task.loader(range(1, 2), CPU).own == range(1, 2)
    with pytest.raises(InputError, match="the text is too short"):
        task_of("train.lanes=40").loader(None, CPU)


def test_scores_are_those_of_the_whole_validation_part() -> None:
    task = task_of()
    network = network_of(task)
    expected = score(network, task.dataset.part("validation"))
    assert task.scores(network) == {
        "validation_loss": expected.nats,
        "validation_bpc": expected.bpc,
        "validation_perplexity": expected.perplexity,
    }
    assert task_of("corpus.split=[1.0]").scores(network) == {}
    with torch.no_grad():
        network.b_q[0] = 1e4
    scores = task.scores(network)
    assert scores["validation_perplexity"] is None
    assert scores["validation_loss"] == pytest.approx(1e4, rel=0.3)
    with torch.no_grad():
        network.b_q[0] = math.nan
    with pytest.raises(DivergedError, match="the loss over the validation part is nan"):
        task.scores(network)


def test_an_example_goes_on_from_the_first_lane() -> None:
    """With the temperature, the length and the seed of the section `train`; of a step, it is always the same."""
    task = task_of("train.sample_temperature=0.5")
    network = network_of(task)
    batch = next(task.loader(None, CPU).batches())
    states: States = tuple(tuple(torch.randn_like(part) for part in state) for state in network.zero_state(3))
    first = tuple(tuple(part[:1] for part in state) for state in states)
    prime = [int(batch.inputs[0, 0])]
    drawn = [int(ids[0]) for ids in continue_text(network, first, prime, Choice(0.5), [[5, 11]], 7)]
    row = task.example(network, states, batch, step=11)
    assert row == {"prime": TEXT[0], "text": task.dataset.vocabulary.text(drawn)}
    assert len(row["text"]) == 7
    texts = {task.example(network, states, batch, step)["text"] for step in range(5)}
    assert len(texts) > 1


def test_a_uniform_guess_costs_the_logarithm_of_the_vocabulary() -> None:
    assert task_of().uniform_loss == math.log(len(set(TEXT)))


def test_the_baseline_is_the_better_of_two_models_on_the_validation_part() -> None:
    task = task_of()
    found = task.baseline()
    train, symbols = task.dataset.part("train"), len(task.dataset.vocabulary)
    expected = evaluate(fitting(found["model"])(train, symbols, found["order"]), task.dataset.part("validation"))[-1]
    assert found["nats"] == expected.nats
    assert found["bpc"] == pytest.approx(found["nats"] / math.log(2))
    assert found["perplexity"] == pytest.approx(math.exp(found["nats"]))
    assert found["nats"] < task.uniform_loss


def test_data_is_pinned_by_its_hash() -> None:
    Path("a.txt").write_text(TEXT)
    sha256 = hashlib.sha256(TEXT.encode()).hexdigest()
    for settings, source, text in (
        (["corpus.source=a.txt"], str(Path("a.txt").absolute()), None),
        ([], None, TEXT),
    ):
        task = task_of(*settings, "corpus.split=[1.0]")
        pinned = task.pinned(Path("run"))
        assert (pinned.corpus.source, pinned.corpus.text, pinned.corpus.sha256) == (source, text, sha256)
        assert replace(pinned, corpus=task.config.corpus) == task.config
    assert not Path("run").exists()
    Path("a.txt").write_text(TEXT + "more")
    with pytest.raises(InputError, match=r"a\.txt has changed: its sha256 is"):
        LanguageModelling(task_of("corpus.source=a.txt", f"corpus.sha256={sha256}").config)


@pytest.mark.parametrize("source", ["-", "run/old.txt"])
def test_data_that_no_file_will_hold_is_copied_into_the_run(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input, and a file of the run that this one replaces."""
    Path("run").mkdir()
    Path("run/old.txt").write_text(TEXT)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    task = task_of(f"corpus.source={source}")
    Path("run/old.txt").unlink()
    corpus = task.pinned(Path("run")).corpus
    assert corpus.source == str(Path("run/text.txt").absolute())
    assert Path("run/text.txt").read_text() == TEXT
    again = LanguageModelling(task.pinned(Path("run")))
    assert again.dataset.ids.tolist() == task.dataset.ids.tolist()


def run_of(task: LanguageModelling, network: LanguageModel) -> Run:
    Path("run").mkdir()
    run = Run(Path("run"))
    run.write(VOCABULARY, task.vocabularies.to_json())
    run.write_config(task.config)
    run.save_weights("last", network.state_dict(), {})
    return run


def test_a_text_is_read_in_the_ids_of_another_vocabulary() -> None:
    task, other = task_of(), task_of(f"corpus.text={TEXT}#!")
    before = task.dataset.vocabulary.text(task.dataset.ids)
    task.take_vocabularies(other.vocabularies)
    assert task.vocabularies == other.vocabularies
    assert task.vocabularies.input.text(task.dataset.ids) == before
    assert len(network_of(task).b_q) == len(other.vocabularies.input)
    with pytest.raises(UnknownSymbolsError, match=r"does not contain: '#' \(U\+0023\) at position"):
        other.take_vocabularies(task_of().vocabularies)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_network_of_a_run_is_the_one_that_was_saved(dtype: str) -> None:
    task = task_of(f"train.dtype={dtype}")
    network = network_of(task)
    run = run_of(task, network)
    found = trained_text_network(run, None, CPU)
    assert not found.training
    for name, tensor in network.state_dict().items():
        assert torch.equal(found.state_dict()[name], tensor)
        assert found.state_dict()[name].dtype == tensor.dtype
    best = {name: tensor * 2 for name, tensor in network.state_dict().items()}
    run.save_weights("best", best, {})
    assert torch.equal(trained_text_network(run, None, CPU).W_q, best["W_q"])
    assert torch.equal(trained_text_network(run, "last", CPU).W_q, network.W_q)


def test_the_data_is_described_in_one_line() -> None:
    described = task_of().describe()
    assert described.startswith(f"the text: {len(TEXT)} characters (train 45, validation 23, test 8), ")
    assert described.endswith(f"{len(set(TEXT))} symbols")
    assert task_of("corpus.unit=byte", "corpus.split=[1.0]").describe() == (
        f"the text: {len(TEXT)} bytes (train {len(TEXT)}), {len(set(TEXT))} symbols"
    )
    assert np.concatenate([task_of().dataset.part(part) for part in ("train", "validation", "test")]).size == len(TEXT)
