"""State files: the same content gives the same bytes, and nothing damaged passes for whole."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from charnn.errors import RunError
from charnn.storage.tensor_file import read_tensors, write_tensors

TENSORS = {"b": torch.arange(6.0).view(2, 3), "a": torch.tensor(3, dtype=torch.int64)}
DOCUMENT = {"step": 5, "offsets": {"z": 1, "a": 2}}


def test_a_file_comes_back() -> None:
    write_tensors(Path("x.safetensors"), TENSORS, DOCUMENT)
    content = read_tensors(Path("x.safetensors"))
    assert content.document == DOCUMENT
    assert {name: tensor.tolist() for name, tensor in content.tensors.items()} == {"a": 3, "b": [[0, 1, 2], [3, 4, 5]]}


@pytest.mark.parametrize("name", ["\udcff", "日本", "a\nb", "a b"])
def test_a_file_may_have_any_name(name: str) -> None:
    write_tensors(Path(name), TENSORS, DOCUMENT)
    assert read_tensors(Path(name)).document == DOCUMENT


def test_the_same_content_gives_the_same_bytes() -> None:
    write_tensors(Path("x"), TENSORS, DOCUMENT)
    write_tensors(Path("y"), dict(reversed(TENSORS.items())), {"offsets": {"a": 2, "z": 1}, "step": 5})
    assert Path("x").read_bytes() == Path("y").read_bytes()


def test_a_foreign_safetensors_file_is_read_without_a_document() -> None:
    save_file({"w": torch.ones(2)}, "foreign", metadata={"format": "pt"})
    assert read_tensors(Path("foreign")).document == {}


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_changed_bit_and_no_cut_goes_unseen(data: st.DataObject) -> None:
    write_tensors(Path("x"), TENSORS, DOCUMENT)
    content = bytearray(Path("x").read_bytes())
    if data.draw(st.booleans()):
        bit = data.draw(st.integers(0, len(content) * 8 - 1))
        content[bit // 8] ^= 1 << bit % 8
    else:
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    Path("x").write_bytes(content)
    try:
        read = read_tensors(Path("x"))
    except RunError as error:
        assert str(error).startswith("x ")
    else:
        # A changed name of the metadata's key makes it another program's file: no document, so no checkpoint.
        assert read.document == {}


def test_a_pickle_is_never_opened() -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (Path("sprung"),))  # type: ignore[return-value]

    Path("x.safetensors").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(RunError, match="is damaged, or is not a safetensors file"):
        read_tensors(Path("x.safetensors"))
    assert not Path("sprung").exists()


def test_what_cannot_be_read_is_named() -> None:
    with pytest.raises(RunError, match="there is no file nowhere"):
        read_tensors(Path("nowhere"))
    with pytest.raises(RunError, match="cannot read|damaged"):
        read_tensors(Path())
