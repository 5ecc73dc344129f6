"""The kernels under the sanitizers of the compiler, without Python: no access out of bounds, no undefined behaviour."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from charnn.kernels.library import Library, _load

DRIVER = Path(__file__).parent / "driver.cpp"
PROCESSORS = {"avx512": ["-mavx512f", "-mavx512dq", "-mavx512vl", "-mfma"], "avx2": ["-mavx2", "-mfma"], "portable": []}
FASTEST = next((name for name in PROCESSORS if isinstance(_load(name), Library)), "portable")
# Without the inlining, with which the sanitizers take minutes to compile.
FLAGS = ["-std=c++20", "-Og", "-g1", "-DINLINE_ALL=", "-pthread", "-Wall", "-Wextra", "-Werror"]
FLAGS += ["-Wno-ignored-attributes", "-Wno-psabi"]


# How threads share the work does not depend on the processor: one build of it is enough.
@pytest.mark.parametrize(
    ("processor", "sanitizers"),
    [*((processor, "address,undefined") for processor in sorted({FASTEST, "portable"})), (FASTEST, "thread")],
)
def test_sanitizers_find_nothing(processor: str, sanitizers: str, tmp_path: Path) -> None:
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("there is no g++")
    program = tmp_path / "driver"
    flags = [*FLAGS, *PROCESSORS[processor], f"-fsanitize={sanitizers}", "-fno-sanitize-recover=all"]
    built = subprocess.run(
        [compiler, *flags, str(DRIVER), "-o", str(program)], capture_output=True, text=True, check=False
    )
    if "cannot find -l" in built.stderr:
        pytest.skip(f"this compiler has no library for {sanitizers}")
    assert built.returncode == 0, built.stderr
    done = subprocess.run([str(program), "100"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
