"""How the frozen runs were made: by a checkout of the commit that they are named after, and never by newer code.

    python tests/frozen/make.py CHECKOUT

writes `runs/` and `figures.json` beside this file anew, with CHECKOUT's own `.venv`, whose kernels are compiled. Every
run is stopped half-way. The figures are what that checkout says of it: its score, a text that it draws, and, after it
has gone on with a copy, the tensors and the rows that are left. `test_frozen_runs.py` holds today's code to them.

A key or a file that a later format adds is no reason to make them anew: that runs of this age are read is the point.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

COMMIT = "28c33b2"
HERE = Path(__file__).parent
RUNS = HERE / "runs"
FIGURES = HERE / "figures.json"

HALF, WHOLE = 30, 60
"""Steps: of a frozen run, and when it has gone on."""

APART = {"seconds", "characters_per_second", "format"}
"""Keys of rows that are not compared."""

ESCAPED = "backslashreplace"
"""How what is no UTF-8 is written down: a model of bytes draws any."""

SHELLS = "she sells sea shells by the sea shore, and the shells she sells are sea shells, i am sure. " * 6
ACCENTS = "naïve café, déjà vu – señor; " * 18
GHAZAL = "اَلا یا اَیُّهَا السّاقی اَدِر کَأسًا و ناوِلها\nکه عشق آسان نمود اوّل ولی افتاد مشکل‌ها\n" * 6
PRIMES = {"grapheme": "اَلا", "byte": "caf"}

TRAIN = {"lanes": 4, "steps": HALF, "report_every": 10, "validate_every": 15, "sample_every": 15, "sample_length": 20}
TRUNCATED = {"strategy": "truncated", "tau": 12}
CONFIGS: dict[str, dict[str, Any]] = {
    "linear": {
        "model": {"cell": "linear", "hidden": 8},
        "bptt": TRUNCATED,
        "optimizer": {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9},
    },
    "rnn": {
        "model": {"cell": "rnn", "hidden": 8, "initialisation": "gaussian"},
        "bptt": {"strategy": "full", "sequence": 20},
        "clip": {"by": "value", "threshold": 0.1},
        "optimizer": {"name": "adagrad", "epsilon": 1e-8, "epsilon_inside_root": True},
        "train": {"loss": "sum"},
    },
    "simple-gru": {
        "model": {"cell": "simple-gru", "hidden": 8},
        "bptt": {"strategy": "truncated", "tau": 12, "stride": 5},
        "optimizer": {"name": "rmsprop", "learning_rate": 0.01},
        "schedule": {"name": "step", "every": 20},
    },
    "gru": {
        "model": {"cell": "gru", "hidden": 8},
        "bptt": {"strategy": "randomized", "pi": 0.9, "max_window": 20},
        "optimizer": {"name": "adam", "learning_rate": 0.01},
        "schedule": {"name": "cosine", "warmup_steps": 5, "horizon": {"steps": WHOLE}},
    },
    "lstm": {
        "model": {"cell": "lstm", "hidden": 8},
        "bptt": TRUNCATED,
        "optimizer": {"name": "adamw", "learning_rate": 0.01},
        "schedule": {"name": "exponential", "every": 20},
        "train": {"dtype": "float64"},
    },
    "layers": {
        "model": {"cell": "lstm", "hidden": 8, "layers": 2, "dropout": 0.3},
        "bptt": {"strategy": "randomized", "pi": [0.8, 0.95, 1]},
    },
    "embedding": {"model": {"cell": "gru", "hidden": 8, "embedding": 3}, "bptt": {**TRUNCATED, "recompute": 5}},
    "grapheme": {
        "corpus": {"text": GHAZAL, "unit": "grapheme"},
        "model": {"cell": "lstm", "hidden": 8},
        "bptt": {"strategy": "full", "sequence": 20},
    },
    "byte": {
        "corpus": {"text": ACCENTS, "unit": "byte"},
        "model": {"cell": "rnn", "hidden": 8},
        "bptt": {**TRUNCATED, "engine": "manual"},
    },
}


def evaluation(run: str) -> list[str]:
    """What asks for a run's score, as JSON."""
    return ["evaluate", run, "--json"]


def drawing(run: str, name: str) -> list[str]:
    """What draws a text."""
    return ["sample", run, "--seed", "1", "--length", "60", "--prime", PRIMES.get(name, "she ")]


def continuation(run: str) -> list[str]:
    """What goes on with a run."""
    return ["train", "--resume", run, "--set", f"train.steps={WHOLE}", "--quiet"]


def left_by(run: Path) -> dict[str, Any]:
    """What a training leaves behind: type, shape and SHA-256 of each of its last weights, rows, samples."""
    data = (run / "last.safetensors").read_bytes()
    begin = 8 + struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, entry in sorted(json.loads(data[8:begin]).items()):
        if name != "__metadata__":
            first, end = (begin + offset for offset in entry["data_offsets"])
            tensors[name] = f"{entry['dtype']} {entry['shape']} {hashlib.sha256(data[first:end]).hexdigest()}"
    rows, samples = (
        [json.loads(line) for line in (run / log).read_text(encoding="utf-8").split("\n") if line]
        for log in ("metrics.jsonl", "samples.jsonl")
    )
    plain = [{key: value for key, value in row.items() if key not in APART} for row in rows]
    return {"tensors": tensors, "rows": plain, "samples": samples}


def make(checkout: Path) -> None:
    """Make all runs and their figures."""
    commit = subprocess.check_output(["git", "-C", checkout, "rev-parse", "HEAD"], text=True).strip()
    changed = subprocess.check_output(["git", "-C", checkout, "status", "--porcelain", "--", "charnn"], text=True)
    if not commit.startswith(COMMIT) or changed:
        sys.exit(f"{checkout} is not {COMMIT} as it was committed")
    python = checkout / ".venv/bin/python"
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CHARNN_")}
    environment = {**kept, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}

    def charnn(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(python), "-m", "charnn", *arguments]
        return subprocess.run(
            command, env=environment, check=True, capture_output=True, encoding="utf-8", errors=ESCAPED
        )

    asked = "import torch; print(torch.__version__, torch.backends.cpu.get_cpu_capability())"
    version, capability = subprocess.check_output([python, "-c", asked], text=True).split()
    figures: dict[str, Any] = {"commit": commit, "torch": version, "processor": capability, "kernels": "", "runs": {}}
    shutil.rmtree(RUNS, ignore_errors=True)
    RUNS.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, config in CONFIGS.items():
            corpus = {"text": SHELLS, "split": [0.9, 0.1], **config.get("corpus", {})}
            whole = {**config, "corpus": corpus, "train": {**TRAIN, **config.get("train", {})}}
            Path("config.yaml").write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")
            trained = charnn("train", "-c", "config.yaml", "--out", name)
            if kernels := re.search(r"(\w+) kernels →", trained.stderr):
                figures["kernels"] = kernels[1]
            frozen = RUNS / name
            shutil.copytree(name, frozen, ignore=shutil.ignore_patterns(".lock"))
            for checkpoint in (frozen / "checkpoints").iterdir():
                if checkpoint.stem != str(HALF):
                    checkpoint.unlink()
            shutil.rmtree(name)
            shutil.copytree(frozen, name)
            figures["runs"][name] = {
                "dtype": whole["train"].get("dtype", "float32"),
                "nats": repr(json.loads(charnn(*evaluation(name)).stdout)["nats"]),
                "sample": charnn(*drawing(name, name)).stdout,
            }
            charnn(*continuation(name))
            figures["runs"][name] |= left_by(Path(name))
            print(name)
    FIGURES.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve())
