"""The trainings that `scripts/compare` does with two checkouts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BASE = """
corpus: {source: text.txt, split: [0.9, 0.1]}
model: {cell: lstm, hidden: 12}
bptt: {strategy: truncated, tau: 12}
optimizer: {name: adam, learning_rate: 0.01}
train: {lanes: 4, sample_length: 40}
"""
# Of words: plain ones, some that NFKC changes, and Persian ones whose graphemes are of several characters.
WORDS = "the sea shells she sells are seen by a shore and so sure ﬁne café cafe\u0301 مى\u200cروم اَلا ساقی"
CELLS = ("linear", "rnn", "simple-gru", "gru", "lstm")
STRATEGIES = {
    "full": "{strategy: full, sequence: 30}",
    "truncated": "{strategy: truncated, tau: 12}",
    "stride": "{strategy: truncated, tau: 12, stride: 5}",
    "randomized": "{strategy: randomized, pi: 0.9, max_window: 25}",
}
OTHERS = {
    "no-sequence": "bptt={strategy: full}|train.lanes=12",
    "tail-drop": "bptt={strategy: truncated, tau: 12, stride: 5, tail: drop}",
    "tail-classic": "bptt={strategy: truncated, tau: 12, tail: classic}|train.lanes=1",
    "pi-list": "bptt={strategy: randomized, pi: [0.8, 0.95, 1]}",
    "recompute": "bptt={strategy: truncated, tau: 20, recompute: 7}",
    "recompute-manual": "bptt={strategy: truncated, tau: 20, stride: 9, recompute: 7, engine: manual}",
    "recompute-layers": "bptt={strategy: randomized, recompute: 7}|model={cell: gru, hidden: 12, layers: 3}",
    "sum-full": "bptt={strategy: full, sequence: 30}|train.loss=sum",
    "sum-stride": "bptt={strategy: truncated, tau: 12, stride: 5}|train.loss=sum",
    "sum-randomized": "bptt={strategy: randomized, pi: 0.9}|train.loss=sum",
    "clip-value": "clip={by: value, threshold: 0.01}",
    "clip-norm": "clip={by: norm, threshold: 0.05}",
    "clip-none": "clip={by: none}",
    "sgd": "optimizer={name: sgd, learning_rate: 0.1, momentum: 0.9, weight_decay: 0.001}",
    "adagrad": "optimizer={name: adagrad}",
    "adagrad-classic": "optimizer={name: adagrad, epsilon: 1e-8, epsilon_inside_root: true}|train.dtype=float64",
    "rmsprop": "optimizer={name: rmsprop, momentum: 0.5}",
    "adam": "optimizer={name: adam, betas: [0.8, 0.99]}",
    "adamw": "optimizer={name: adamw, weight_decay: 0.1}",
    "constant": "schedule={name: constant}",
    "step": "schedule={name: step, every: 15}",
    "exponential": "schedule={name: exponential, every: 15, multiply_by: 0.7}",
    "cosine": "schedule={name: cosine, warmup_steps: 5, floor: 0.1, horizon: {steps: 60}}",
    "cosine-epochs": "schedule={name: cosine, horizon: {epochs: 1.5}}",
    "embedding": "model={cell: gru, hidden: 12, embedding: 5}",
    "embedding-layers": "model={cell: rnn, hidden: 12, embedding: 5, layers: 2, dropout: 0.3}|train.dtype=float64",
    "gaussian": "model={cell: lstm, hidden: 12, layers: 2, initialisation: gaussian}",
    "wide": "model={cell: gru, hidden: 67}|train.lanes=5",
    "bfloat16": "train.precision=bfloat16|bptt={engine: native}",
    "byte": "corpus.unit=byte",
    "grapheme": "corpus.unit=grapheme",
    "NFKC": "corpus.normalize=NFKC",
    "test-part": "corpus.split=[0.8, 0.1, 0.1]",
    "inline": "corpus.text=the sea shells she sells are the shells that she sells by the sea shore, i am sure",
    "greedy": "train.sample_temperature=0|train.sample_every=7",
    "seed": "train.seed=1234567890123",
    "often": "train.validate_every=6|train.checkpoint_every=4|train.report_every=3",
    "rewound": "model={cell: linear, hidden: 12}|clip={by: none}|optimizer={name: sgd, learning_rate: 1000}"
    "|train.on_divergence=rewind|train.rewind_factor=1e-6",
}
WITHOUT_A_RUN = (
    "ngram-stats {work}/text.txt --json",
    "ngram-stats {work}/text.txt --level character --order 4 --csv",
    *(
        f"ngram-stats {{work}}/text.txt --order 3 --model {model} {what}"
        for model in ("add-k", "kneser-ney", "witten-bell", "mixture")
        for what in ("--evaluate --json", "--sample 80 --prime the")
    ),
    *(f"inspect gradients -c {{work}}/base.yaml -s model.cell={cell} --lags 12 --places 4 --json" for cell in CELLS),
    *(
        f"inspect windows -c {{work}}/base.yaml -s model.cell={cell} --length 12 --tau 4 --draws 20 --json"
        for cell in CELLS
    ),
)


@dataclass(frozen=True)
class Case:
    """One training: a configuration, what is set over it, and how it is asked afterwards."""

    name: str
    config: str
    settings: tuple[str, ...]
    prime: str = "the "
    validates: bool = True

    def train(self) -> list[str]:
        """The arguments that train it from the beginning."""
        due = ("steps=40", "report_every=10", "checkpoint_every=20", "validate_every=20", "sample_at=[20, 40]")
        settings = [*(f"train.{key}" for key in (*due, "device=cpu")), *self.settings]
        return ["train", "-c", self.config, "--out", self.name, *(word for one in settings for word in ("-s", one))]

    def questions(self, when: str) -> dict[str, list[str]]:
        """What is asked of the run, each by a name."""
        sample, evaluate = ["sample", self.name, "--seed", "3", "--prime", self.prime], ["evaluate", self.name]
        careful = ["--length", "40", "--count", "3", "--temperature", "0.8", "--top-k", "9", "--top-p", "0.9"]
        asked = {
            f"{when}sample": [*sample, "--length", "200"],
            f"{when}careful sample": [*sample, *careful],
            f"{when}scores": [*evaluate, "--text", "../../text.txt", "--skip-unknown", "--json", "--per-character"],
        }
        return {**asked, f"{when}evaluate": [*evaluate, "--json"]} if self.validates else asked


def cases(old: Path, work: Path) -> Iterator[Case]:
    """All cases."""
    primes = {"hello": "he", "hafez": " ", "shahnameh": " "}
    for path in sorted((old / "configs").glob("*.yaml")):
        splits = "split:" in path.read_text(encoding="utf-8")
        settings = ["train.validate_every=1000", *([] if splits else ["corpus.split=[0.995, 0.005]"])]
        yield Case(f"recipe-{path.stem}", str(path), tuple(settings), primes.get(path.stem, "the "), not splits)
    base = str(work / "base.yaml")
    for cell in CELLS:
        for name, strategy in STRATEGIES.items():
            for layers, dtype in ((1, "float32"), (1, "float64"), (2, "float32"), (2, "float64")):
                model = f"{{cell: {cell}, hidden: 12, layers: {layers}{', dropout: 0.3' if layers > 1 else ''}}}"
                settings = [f"bptt={strategy}", f"model={model}", f"train.dtype={dtype}"]
                yield Case(f"{cell}-{name}-{layers}-{dtype}", base, tuple(settings))
        for engine in ("autograd", "manual", "native", "graph"):
            bptt = f"bptt={{strategy: randomized, pi: 0.9, max_window: 25, engine: {engine}}}"
            yield Case(f"{cell}-{engine}", base, (bptt, f"model={{cell: {cell}, hidden: 12}}"))
    for name, settings_in_one in OTHERS.items():
        yield Case(name, base, tuple(settings_in_one.split("|")))
