"""Reading a configuration, right or wrong, imports no torch; it takes a fresh process to see."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from charnn.configuration.shipped import shipped_files

WRONG = (
    "model: {cell: lstn}",
    "model: {cell: 5}",
    "model: {hiden: 5}",
    "model: {hidden: 0}",
    "bptt: {strategy: trunctated}",
    "bptt: {taus: 5}",
    "bptt: {engine: fast}",
    "bptt: {tau: 5, stride: 6}",
    "optimizer: {name: adan}",
    "optimizer: {learning_rate: fast}",
    "schedule: {name: cosin}",
    "schedule: {name: step}",
    "task: {name: translation}",
    "clip: {by: none, threshold: 1}",
    "train: {epochs: 1, steps: 1}",
    "train: {device: tpu}",
    "modle: {}",
    "format: 99",
    "- 1",
    "a: [",
)
CODE = """
import sys
from charnn.configuration.reading import read_config
from charnn.errors import CharnnError

right, wrong = sys.argv[1:].index("--"), 0
for name in sys.argv[1 : right + 1]:
    assert read_config(name, [], {}).to_yaml()
for name in sys.argv[right + 2 :]:
    try:
        read_config(name, [], {})
    except CharnnError as error:
        assert str(error)
        wrong += 1
assert wrong == len(sys.argv[right + 2 :]), "a wrong one was taken"
heavy = {name.partition(".")[0] for name in sys.modules} & {"torch", "matplotlib", "safetensors"}
assert not heavy, heavy
"""


def test_every_recipe_and_every_mistake_is_read_without_torch() -> None:
    recipes = [path.stem for path in shipped_files("configs")]
    assert len(recipes) > 10
    names = []
    for number, text in enumerate(WRONG):
        names.append(f"{number}.yaml")
        Path(names[-1]).write_text("" if text.startswith("-") else "corpus: {text: hello}\n")
        with Path(names[-1]).open("a") as file:
            file.write(text)
    command = [sys.executable, "-c", CODE, *recipes, "--", *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
