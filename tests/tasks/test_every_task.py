"""What every task must do; a new one is found by its file, and fails here until it has an example of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from charnn.configuration.config import Config
from charnn.configuration.reading import config_of, read_settings
from charnn.tasks import TASKS, read_task

WORDS = ("cat", "dog", "act", "god", "coat", "toad", "data", "do", "goat", "ad", "tag", "cod")
ROWS = "word\\tkind\\n" + "\\n".join(f"{word}\\t{'with a' if 'a' in word else 'without'}" for word in WORDS)

EXAMPLES = {
    "language-model": (
        "corpus={text: 'the cat sat on the mat and the dog sat on the log', split: [0.7, 0.3]}",
        "model.hidden=4",
        "bptt.tau=6",
        "train.lanes=2",
    ),
    "classification": (
        f'corpus={{text: "{ROWS}", input: word, target: kind, split: [0.5, 0.5]}}',
        "model.hidden=4",
        "train.lanes=3",
    ),
    "conditional-generation": (
        f'corpus={{text: "{ROWS}", input: kind, target: word, split: [0.5, 0.5]}}',
        "model.hidden=4",
        "train.lanes=3",
    ),
    "sequence-to-sequence": (
        f'corpus={{text: "{ROWS}", input: word, target: kind, split: [0.5, 0.5]}}',
        "model.hidden=4",
        "train.lanes=3",
    ),
}


def example(name: str) -> Config:
    return read_settings(f"task.name={name}", *EXAMPLES[name])


def test_every_task_has_an_example_here() -> None:
    assert sorted(EXAMPLES) == TASKS.names()


@pytest.mark.parametrize("name", TASKS.names())
def test_a_task_is_found_by_its_file_s_name(name: str) -> None:
    kind = TASKS.load(name)
    assert kind.name == kind.Options.name == name
    task = read_task(example(name))
    assert type(task) is kind
    assert task.config.task == kind.Options()
    assert config_of(task.config.values()) == task.config


@pytest.mark.parametrize("name", TASKS.names())
def test_a_batch_of_its_loader_is_read_by_its_network(name: str) -> None:
    from charnn.bptt.execution import Execution
    from charnn.networks.parameters.initialisation import initialise

    task = read_task(example(name))
    network = task.network()
    initialise(network, "gaussian", seed=1)
    loader = task.loader(None, network.device)
    batch = next(loader.batches())
    nats, states = network(batch, network.zero_state(loader.lanes), Execution.of())
    # Weights of next to nothing guess evenly.
    assert nats.item() / batch.losses == pytest.approx(task.uniform_loss, rel=0.01)
    assert len(states) in (0, len(network.layers))
    scores = task.scores(network)
    assert scores["validation_loss"] == pytest.approx(task.uniform_loss, rel=0.01)
    assert {"prime", "text"} <= task.example(network, states, batch, step=0).keys()
    assert task.describe()


def test_a_task_is_chosen_without_torch() -> None:
    code = (
        "import sys\n"
        "from charnn.configuration.reading import read_settings\n"
        "from charnn.tasks import TASKS\n"
        "for name in TASKS.names():\n"
        "    TASKS.load(name).Options()\n"
        "read_settings('corpus.text=x')\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_text_that_a_classifier_is_asked_for_is_in_its_loss() -> None:
    from charnn.bptt.execution import Execution

    task = read_task(read_settings("task={name: classification, text_weight: 0.5}", *EXAMPLES["classification"]))
    network = task.network()  # all of whose weights are 0: it guesses evenly
    loader = task.loader(None, network.device)
    batches = [batch for batch, _ in zip(loader.batches(), range(2), strict=False)]  # a whole pass
    nats = sum(network(batch, network.zero_state(0), Execution.of())[0].item() for batch in batches)
    assert nats / 6 == pytest.approx(task.uniform_loss, rel=1e-6)
