"""The files of a run folder.

    runs/<config>-N/  config.yaml  vocabulary.json  metrics.jsonl  samples.jsonl
                      checkpoints/STEP.safetensors  best.safetensors  last.safetensors

`runs/latest` points to the newest. Everything that a resume needs is in one checkpoint.
"""

from __future__ import annotations

CONFIG = "config.yaml"
VOCABULARY = "vocabulary.json"
METRICS, SAMPLES = "metrics.jsonl", "samples.jsonl"
LOGS = (METRICS, SAMPLES)
CHECKPOINTS = "checkpoints"
WEIGHTS = ".safetensors"
SPOOLED = "text.txt"
"""A text that no other file holds; a table has the ending that says how it is written."""
BASELINE = "baseline.json"
MIXTURE = f"mixture{WEIGHTS}"
INFORMED = f"informed{WEIGHTS}"
"""The weights in a mixture, after they have learned from what `train.hold_out` kept."""
TENSORBOARD = "tensorboard"
REPORT = "report.html"
LOCK = ".lock"

LAYOUT = {
    CONFIG,
    VOCABULARY,
    *LOGS,
    CHECKPOINTS,
    f"best{WEIGHTS}",
    f"last{WEIGHTS}",
    *(SPOOLED.replace(".txt", ending) for ending in (".txt", ".tsv", ".csv", ".jsonl")),
    BASELINE,
    MIXTURE,
    INFORMED,
    TENSORBOARD,
    REPORT,
    LOCK,
}
"""Everything that charnn writes into a run folder."""
