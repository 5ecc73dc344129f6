"""The networks of examples as ONNX, run by onnxruntime to the same answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from charnn.bptt.execution import fastest
from charnn.errors import UsageError
from charnn.interchange.onnx import Onnx
from charnn.networks.classifier import Classifier
from charnn.networks.encoder_decoder import EncoderDecoder
from charnn.runs.run import Run
from charnn.tasks import trained_network
from tests.cli.conftest import Charnn
from tests.cli.test_tasks import settings
from tests.models import padded_rows

MODELS = (
    "model={cell: lstm, hidden: 8, layers: 2, residual: true}",
    "model={cell: gru, hidden: 8, embedding: 3}",
    "model={cell: rnn, hidden: 8, layers: 3, dropout: 0.2}",
)
ROWS = [torch.tensor(row) for row in ([0, 1, 2], [3], [2, 2, 1, 0, 3])]


def run_of(charnn: Charnn, task: str, *more: str) -> Run:
    done = charnn("train", "-c", "hello", *settings(task, *more), "--quiet")
    assert done.code == 0, done.err
    return Run(Path(done.text.strip()))


def session(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("model", MODELS)
def test_a_classifier_reads_rows_of_different_length(charnn: Charnn, model: str) -> None:
    run = run_of(charnn, "classification", model)
    done = charnn("export", run.path, "--format", "onnx", "--out", "labels.onnx")
    assert (done.code, done.text) == (0, "labels.onnx\n"), done.err
    network = trained_network(run, None, torch.device("cpu"))
    assert isinstance(network, Classifier)
    rows = padded_rows(ROWS)
    feeds = {"ids": rows.ids.numpy(), "lengths": rows.lengths.numpy()}
    (logits,) = session(Path("labels.onnx")).run(None, feeds)
    np.testing.assert_allclose(logits, network.logits(rows).detach().numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("reverse", ["false", "true"])
def test_an_encoder_hands_its_state_to_a_decoder(charnn: Charnn, model: str, reverse: str) -> None:
    run = run_of(charnn, "sequence-to-sequence", model, f"task.reverse_source={reverse}")
    done = charnn("export", run.path, "--out", "pair.onnx")
    assert (done.code, done.text) == (0, "pair.encoder.onnx\npair.decoder.onnx\n"), done.err
    network = trained_network(run, None, torch.device("cpu"))
    assert isinstance(network, EncoderDecoder)
    rows, decoder = padded_rows(ROWS), network.decoder
    encoder = session(Path("pair.encoder.onnx"))
    names = [output.name for output in encoder.get_outputs()]
    found = encoder.run(None, {"ids": rows.ids.numpy(), "lengths": rows.lengths.numpy()})
    states = network.encode(rows, fastest())
    for value, expected in zip(found, (part for state in states for part in state), strict=True):
        np.testing.assert_allclose(value, expected.detach().numpy(), rtol=1e-4, atol=1e-5)
    reads = torch.tensor([[decoder.border] * 3, [0, 1, 2]])
    logits, *_ = session(Path("pair.decoder.onnx")).run(
        None, {"ids": reads.numpy(), **dict(zip(names, found, strict=True))}
    )
    expected = decoder.logits(reads, states)[0]
    np.testing.assert_allclose(logits, expected.detach().numpy(), rtol=1e-4, atol=1e-5)


def test_what_cannot_be_exported_says_so(charnn: Charnn) -> None:
    with pytest.raises(UsageError, match="whose networks are not exported"):
        Onnx().write_examples(run_of(charnn, "conditional-generation"), None, Path("x.onnx"))
    run = run_of(charnn, "classification")
    done = charnn("export", run.path, "--format", "torch")
    assert (done.code, "only --format onnx" in done.err) == (2, True)
    done = charnn(
        "export", run_of(charnn, "classification", "model={cell: min-gru, hidden: 4}").path, "--format", "onnx"
    )
    assert (done.code, "has no operator in ONNX" in done.err) == (2, True)
    assert not list(Path().glob("*.onnx"))
