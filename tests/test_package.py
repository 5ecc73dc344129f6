"""The wheel, installed outside the checkout, is all of charnn."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from charnn.kernels.library import kernels

CHECKOUT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as on any machine with a compiler."""
    return built(tmp_path_factory.mktemp("source"))


def built(source: Path, **environment: str) -> Path:
    """A wheel, built from a copy, so that the checkout stays clean."""
    left_out = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.so")
    for name in ("charnn", "configs", "corpora"):
        shutil.copytree(CHECKOUT / name, source / name, ignore=left_out)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(CHECKOUT / name, source)
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(source / "dist"),
        str(source),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = (source / "dist").glob("*.whl")
    return found


def installed(wheel: Path, site: Path) -> Callable[..., str]:
    """Install a wheel into a folder of its own; gives what runs Python there."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)]
    subprocess.run(command, check=True)
    environment = {**os.environ, "PYTHONPATH": str(site)}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, env=environment, cwd=site.parent, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("-c", "import charnn; print(charnn.__file__)").strip() == str(site / "charnn" / "__init__.py")
    return run


def test_the_wheel_holds_every_module_recipe_and_manifest(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    modules = {str(path.relative_to(CHECKOUT)) for path in (CHECKOUT / "charnn").rglob("*.py")}
    shipped = {
        f"charnn/{folder}/{path.name}" for folder in ("configs", "corpora") for path in (CHECKOUT / folder).iterdir()
    }
    assert modules | shipped | {"charnn/py.typed"} <= names


def test_an_installed_wheel_trains_a_shipped_recipe_on_a_shipped_corpus(wheel: Path, tmp_path: Path) -> None:
    run = installed(wheel, tmp_path / "site")
    assert run("-m", "charnn", "train", "--config", "hello") == "runs/hello-1\n"
    assert run("-m", "charnn", "sample", "--prime", "h", "--length", "4", "--temperature", "0") == "hello\n"
    settings = ("train={steps: 2}", "train.lanes=2", "model.hidden=4", "corpus.split=[0.999, 0.001]")
    sets = [part for setting in settings for part in ("--set", setting)]
    assert run("-m", "charnn", "train", "--config", "quickstart", *sets) == "runs/quickstart-1\n"


KERNELS = "from charnn.kernels.library import library, why_none; print(library().variant if library() else why_none())"


def test_the_kernels_come_in_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """Where this charnn has kernels, so has the wheel; it holds no sources that they could be older than."""
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if name.endswith((".cpp", ".hpp"))]
    assert installed(wheel, tmp_path / "site")("-c", KERNELS).strip() == kernels().variant


def test_what_is_compiled_can_be_chosen(tmp_path: Path) -> None:
    wheel = built(tmp_path / "source", CHARNN_COMPILE="portable")
    assert [Path(name).name.split(".")[0] for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".so")] == [
        "_portable"
    ]
    assert installed(wheel, tmp_path / "site")("-c", KERNELS).strip() == "portable"


def test_an_unknown_processor_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "setup.py", "build_ext", "--build-lib", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
        env={**os.environ, "CHARNN_COMPILE": "avx512,sse"},
    )
    assert (done.returncode, done.stderr) == (1, "CHARNN_COMPILE: sse is none of avx512, avx2, portable, all\n")


def test_without_a_compiler_all_but_the_kernels_is_installed(tmp_path: Path) -> None:
    wheel = built(tmp_path / "source", CC="false", CXX="false")
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".so")]
    run = installed(wheel, tmp_path / "site")
    assert run("-c", KERNELS) == "no compiled kernels: portable was not compiled when charnn was installed\n"
    assert run("-m", "charnn", "train", "--config", "hello") == "runs/hello-1\n"
    assert run("-m", "charnn", "sample", "--prime", "h", "--length", "4", "--temperature", "0") == "hello\n"
