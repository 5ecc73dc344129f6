"""Corpora: where they are looked for, and that every copy is verified."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from charnn.data.sources.corpora import cache_folder, read_corpus
from charnn.data.sources.generators.agreement import Agreement
from charnn.data.sources.manifests import Manifest
from charnn.errors import InputError

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
    assert read_corpus(manifest()).data == CONTENT


def test_a_copy_with_another_hash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tale.txt").write_bytes(b"It was the worst of times.\n")
    monkeypatch.setenv("CHARNN_CORPORA", str(tmp_path))
    with pytest.raises(
        InputError, match="tale.txt is not the corpus tale: it has 27 bytes with sha256 .* instead of 26"
    ):
        read_corpus(manifest())


def test_a_download_is_kept_in_the_cache(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARNN_CORPORA", "")
    tale = manifest({"url": f"{server}/missing.txt"}, {"url": f"{server}/tale.txt"})
    assert read_corpus(tale).data == CONTENT
    assert (cache_folder() / "tale.txt").read_bytes() == CONTENT
    assert read_corpus(manifest()).data == CONTENT  # now without any source


def test_a_download_with_another_hash_is_not_kept(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARNN_CORPORA", "")
    with pytest.raises(InputError, match="is not the corpus tale"):
        read_corpus(manifest({"url": f"{server}/tale.txt"}, content=b"another"))
    assert not cache_folder().exists()


def test_a_file_of_a_package_is_found_without_running_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site" / "carrier"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    (package / "tale.txt").write_bytes(CONTENT)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setenv("CHARNN_CORPORA", "")
    assert read_corpus(manifest({"package": "carrier==1", "file": "carrier/tale.txt"})).data == CONTENT


def test_a_generated_text_is_verified_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARNN_CORPORA", "")
    source = {"generator": "agreement", "sentences": 2, "seed": 1}
    assert (
        read_corpus(manifest(source, content=Agreement(sentences=2, seed=1).generate().encode())).data.count(b"\n") == 2
    )
    with pytest.raises(InputError, match="'seed': 1}` is not the corpus tale"):
        read_corpus(manifest(source))


def test_a_corpus_that_is_nowhere_is_an_error_that_names_all_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARNN_CORPORA", "")
    tale = manifest(
        {"url": "http://127.0.0.1:9/tale.txt"}, {"package": "nowhere-to-be-found==1", "file": "nowhere/t.txt"}
    )
    with pytest.raises(InputError) as raised:
        read_corpus(tale)
    for part in ("tale.txt", "$CHARNN_CORPORA", "127.0.0.1:9", "pip install nowhere-to-be-found==1"):
        assert part in str(raised.value)


def test_lines_of_other_corpora_with_their_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty lines are left out, and tabs; where one of the corpora is missing, the message says so."""
    text, table = CONTENT + b"\na\tb\n", b"line\tlabel\nIt was the best of times.\tdickens\na b\tdickens\n"
    lines = manifest({"labelled-lines": {"dickens": "tale"}}, content=table)
    lines = replace(lines, name="verses", file="verses.tsv")
    monkeypatch.setattr("charnn.data.sources.corpora.manifest_files", lambda: {"tale": Path("tale")})
    monkeypatch.setattr("charnn.data.sources.corpora.read_manifest", lambda path: manifest(content=text))
    monkeypatch.setenv("CHARNN_CORPORA", str(tmp_path / "lines"))
    with pytest.raises(InputError, match=r"the corpus verses .* is not available"):
        read_corpus(lines)
    (tmp_path / "lines").mkdir()
    (tmp_path / "lines" / "tale.txt").write_bytes(text)
    assert read_corpus(lines).data == table
