"""ONNX: onnxruntime gives the same logits and states; what was written is read again."""

from __future__ import annotations

from collections.abc import Callable
from importlib import util
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from charnn.cells import CELLS
from charnn.errors import RunError, UsageError
from charnn.interchange import TwoVocabulariesError
from charnn.interchange._operators import OPERATORS, why_not
from charnn.interchange.onnx import Onnx
from tests.cells.others import UNUSUAL, others
from tests.interchange.exchange import SHAPES, STEPS, network, read_by, same
from tests.models import ALL_CELLS, EVERY_CELL

FILE = Path("model.onnx")


def run(session: onnxruntime.InferenceSession, ids: torch.Tensor, states: list[np.ndarray]) -> list[np.ndarray]:
    names = [value.name for value in session.get_inputs()]
    found: list[np.ndarray] = session.run(None, dict(zip(names, [ids.numpy(), *states], strict=True)))
    return found


@pytest.mark.parametrize(("layers", "embedding"), SHAPES)
@pytest.mark.parametrize("cell", OPERATORS)
def test_onnxruntime_gives_the_same_logits_and_states(
    cell: str, layers: int, embedding: int | None, record_property: Callable[[str, object], None]
) -> None:
    own = network(cell, layers, embedding)
    assert Onnx().write(own, FILE) == []
    session = onnxruntime.InferenceSession(FILE)
    ids, before, logits, after = read_by(own)
    states = [part.numpy() for state in before for part in state]
    found = []
    for half in (ids[: STEPS // 3], ids[STEPS // 3 :]):
        part, *states = run(session, half, states)
        found.append(part)
    largest = np.abs(np.concatenate(found) - logits.numpy()).max()
    record_property("largest", f"{largest:.2e}")
    assert largest < 1e-5
    for part, expected in zip(states, (part for state in after for part in state), strict=True):
        np.testing.assert_allclose(part, expected.numpy(), rtol=0, atol=1e-5)


@pytest.mark.parametrize(("layers", "embedding"), SHAPES)
@pytest.mark.parametrize("cell", OPERATORS)
def test_what_was_written_is_read_to_the_last_bit(cell: str, layers: int, embedding: int | None) -> None:
    own = network(cell, layers, embedding)
    Onnx().write(own, FILE)
    first = FILE.read_bytes()
    back = Onnx().read(FILE, None)
    assert same(back, own)
    Onnx().write(back, FILE)
    assert FILE.read_bytes() == first


def test_a_float64_network_becomes_float32_and_says_so() -> None:
    own = network("gru", dtype=torch.float64)
    (note,) = Onnx().write(own, FILE)
    assert "float64" in note
    assert own.decoder.b_q.dtype == torch.float64
    back = Onnx().read(FILE, None).decoder.state_dict()
    assert all(torch.equal(tensor.float(), back[name]) for name, tensor in own.decoder.state_dict().items())


def test_names_and_shapes_are_those_of_the_documentation() -> None:
    Onnx().write(network("lstm", 2), FILE)
    session = onnxruntime.InferenceSession(FILE)
    states = [f"{layer}.{part}" for layer in (0, 1) for part in "hc"]
    assert [value.name for value in session.get_inputs()] == ["ids", *(f"state.{name}" for name in states)]
    assert [value.name for value in session.get_outputs()] == ["logits", *(f"last_state.{name}" for name in states)]
    assert [value.shape for value in session.get_inputs()] == [["T", "B"], *[["B", 24]] * 4]
    assert session.get_outputs()[0].shape == ["T", "B", len(network("lstm").vocabulary)]


def test_another_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    Onnx().write(network("rnn"), FILE)
    data, proto = FILE.read_bytes(), onnx.load(FILE)
    cut = onnx.load_model_from_string(data)
    del cut.graph.initializer[-1]
    outside = onnx.load_model_from_string(data)
    outside.graph.initializer[0].data_location = onnx.TensorProto.EXTERNAL
    smaller = onnx.load_model_from_string(data)
    smaller.graph.initializer[-1].CopyFrom(onnx.numpy_helper.from_array(np.zeros(3, np.float32), "b_q"))
    del proto.metadata_props[:]
    for damaged, why in [
        (data[:-200], "is damaged, or not an ONNX file"),
        (b"", "was not exported by charnn"),
        (proto.SerializeToString(), "was not exported by charnn: of other ONNX files"),
        (cut.SerializeToString(), "b_q should have shape"),
        (smaller.SerializeToString(), "b_q should have shape"),
        (outside.SerializeToString(), "is in another file"),
        (data.replace(b'"cell": "rnn"', b'"cell": "run"'), "the cell run has no operator in ONNX"),
        (data.replace(b'"hidden": 24', b'"hidden": -4'), "hidden"),
    ]:
        FILE.write_bytes(damaged)
        with pytest.raises((RunError, UsageError), match=why):
            Onnx().read(FILE, None)
    with pytest.raises(RunError, match="cannot read nowhere.onnx"):
        Onnx().read(Path("nowhere.onnx"), None)
    FILE.write_bytes(data)
    with pytest.raises(TwoVocabulariesError, match="holds a vocabulary of its own"):
        Onnx().read(FILE, Path("symbols.txt"))
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'charnn\[onnx\]'"):
        Onnx().check()


@pytest.mark.parametrize("cell", [cell for cell in EVERY_CELL if cell not in OPERATORS])
def test_a_cell_without_an_operator_is_refused_with_a_reason(cell: str) -> None:
    with others(), pytest.raises(UsageError, match=rf"the cell {cell} has no operator in ONNX \(.+\); these have one:"):
        Onnx().write(network(cell), FILE)
    assert not FILE.exists()


def test_the_reason_is_what_a_cell_declares() -> None:
    with others():
        reasons = {cell: why_not(CELLS.load(cell)) for cell in UNUSUAL}
    assert reasons == {
        "min-gru": "its gates do not see the state, and every operator's gates do",
        "peephole-lstm": "no operator is written with weights such as p_u, p_f, p_o",
        "squared": "no operator is written with weights such as W_s",
    }


def test_every_operator_is_that_of_a_cell() -> None:
    assert set(OPERATORS) <= set(ALL_CELLS)
