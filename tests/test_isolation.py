"""No test touches the checkout that it runs in, nor the settings and the cache of whoever runs it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]


def place() -> tuple[Path, Path, set[str]]:
    """The working folder, the cache, and the settings of charnn."""
    settings = {name for name in os.environ if name.startswith("CHARNN_")}
    return Path.cwd(), Path(os.environ["XDG_CACHE_HOME"]), settings - {"CHARNN_CORPORA"}


@pytest.fixture(scope="session")
def of_a_session() -> tuple[Path, Path, set[str]]:
    return place()


@pytest.fixture(scope="module")
def of_a_module() -> tuple[Path, Path, set[str]]:
    return place()


def test_fixtures_and_tests_work_in_folders_of_their_own(
    of_a_session: tuple[Path, Path, set[str]], of_a_module: tuple[Path, Path, set[str]], tmp_path: Path
) -> None:
    for folder, cache, settings in (of_a_session, of_a_module, place()):
        assert CHECKOUT not in (folder, *folder.parents)
        assert folder in cache.parents
        assert not settings
    assert of_a_module[0] != tmp_path == Path.cwd()
