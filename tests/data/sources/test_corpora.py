"""Corpora: where they are looked for, and that every copy is verified."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from charnn.configuration.shipped import shipped_files
from charnn.data.running_text.dataset import read_dataset
from charnn.data.sources import corpora
from charnn.data.sources.corpora import Manifest, cache_folder, read_manifest, read_text
from charnn.data.sources.generators.agreement import generate
from charnn.errors import InputError
from tests.conftest import corpus_file

CONTENT = b"It was the best of times.\n"


def manifest(*sources: dict[str, Any], content: bytes = CONTENT) -> Manifest:
    digest = hashlib.sha256(content).hexdigest()
    return Manifest("tale", "A Tale", "Dickens", "en", "public domain", "tale.txt", list(sources), len(content), digest)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A web server on the loopback interface that holds the corpus."""
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "tale.txt").write_bytes(CONTENT)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(tmp_path / "web"))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{web.server_port}"
        web.shutdown()
        thread.join()


def test_the_folders_of_the_variable_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "tale.txt").write_bytes(CONTENT)
    monkeypatch.setenv("CHARNN_CORPORA", f"{tmp_path / 'a'}:{tmp_path / 'b'}")
    assert corpora._find(manifest()).data == CONTENT


def test_a_copy_with_another_hash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tale.txt").write_bytes(b"It was the worst of times.\n")
    monkeypatch.setenv("CHARNN_CORPORA", str(tmp_path))
    with pytest.raises(InputError, match="tale.txt is not the corpus tale: it has 27 bytes with sha256 .* are meant"):
        corpora._find(manifest())


def test_a_download_is_kept_in_the_cache(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARNN_CORPORA", "")
    tale = manifest({"url": f"{server}/missing.txt"}, {"url": f"{server}/tale.txt"})
    assert corpora._find(tale).data == CONTENT
    assert (cache_folder() / "tale.txt").read_bytes() == CONTENT
    assert corpora._find(manifest()).data == CONTENT  # now without any source


def test_a_download_with_another_hash_is_not_kept(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARNN_CORPORA", "")
    with pytest.raises(InputError, match="is not the corpus tale"):
        corpora._find(manifest({"url": f"{server}/tale.txt"}, content=b"another"))
    assert not cache_folder().exists()


def test_a_file_of_a_package_is_found_without_running_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site" / "carrier"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    (package / "tale.txt").write_bytes(CONTENT)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setenv("CHARNN_CORPORA", "")
    assert corpora._find(manifest({"package": "carrier==1", "file": "carrier/tale.txt"})).data == CONTENT


def test_a_generated_text_is_verified_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARNN_CORPORA", "")
    source = {"generator": "agreement", "sentences": 2, "seed": 1}
    assert corpora._find(manifest(source, content=generate(2, seed=1).encode())).data.count(b"\n") == 2
    with pytest.raises(InputError, match="'seed': 1}` is not the corpus tale"):
        corpora._find(manifest(source))


def test_what_is_nowhere_is_told_with_all_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARNN_CORPORA", "")
    tale = manifest(
        {"url": "http://127.0.0.1:9/tale.txt"}, {"package": "nowhere-to-be-found==1", "file": "nowhere/t.txt"}
    )
    with pytest.raises(InputError) as raised:
        corpora._find(tale)
    for part in ("tale.txt", "$CHARNN_CORPORA", "127.0.0.1:9", "pip install nowhere-to-be-found==1"):
        assert part in str(raised.value)


def test_python_docs_need_no_network() -> None:
    text = read_text("python-docs")
    assert len(text.data) > 300_000
    assert text.data == read_text("python-docs").data


@pytest.mark.parametrize("path", shipped_files("corpora"), ids=lambda path: path.stem)
def test_every_manifest_is_complete(path: Path) -> None:
    found = read_manifest(path)
    assert found.title
    assert found.licence
    assert set(yaml.safe_load(path.read_text())) >= {"title", "author", "language", "licence", "file", "sources"}


@pytest.mark.parametrize("name", ["time-machine", "tiny-shakespeare", "war-and-peace", "shahnameh"])
def test_real_texts_are_the_ones_of_the_manifests(name: str) -> None:
    corpus_file(f"{name}.txt")
    dataset = read_dataset(name, split=(0.9, 0.1))
    assert dataset.vocabulary.join(dataset.ids[:20])
    assert len(dataset.parts["train"]) > 8 * len(dataset.parts["validation"])


def test_crlf_is_kept_and_the_byte_order_mark_is_not() -> None:
    corpus_file("war-and-peace.txt")
    dataset = read_dataset("war-and-peace")
    assert {b"\r", b"\n"} <= set(dataset.vocabulary.symbols)
    assert "\ufeff".encode() not in dataset.vocabulary.symbols
    assert len(dataset.ids) == 3_258_226


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("missing.txt", "no text `missing.txt`: no such file, and no corpus of that name"),
        ("tiny-shakespear", "did you mean `tiny-shakespeare`"),
        (".", "is a folder, not a text"),
        ("empty.txt", "empty.txt is empty"),
    ],
)
def test_what_cannot_be_read_is_named(source: str, message: str) -> None:
    Path("empty.txt").touch()
    with pytest.raises(InputError, match=message):
        read_dataset(source)


def test_a_text_that_changed_is_refused() -> None:
    Path("a.txt").write_text("hello")
    with pytest.raises(InputError, match="a.txt has changed: its sha256 is 2cf24dba.* is meant"):
        read_dataset("a.txt", sha256="0" * 64)


def test_a_part_without_a_step_is_refused() -> None:
    with pytest.raises(InputError, match="5 characters leave 1 for the validation part, and it needs at least 2"):
        read_dataset(text="hello", split=(0.8, 0.2))
