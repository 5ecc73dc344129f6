"""The machine that something is measured on."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from charnn.kernels.library import kernels, why_none
from charnn.kernels.threads import threads


@dataclass(frozen=True)
class Machine:
    """What a measurement depends on besides what is measured."""

    processor: str
    threads: int
    torch: str
    kernels: str
    python: str
    system: str

    def document(self) -> dict[str, Any]:
        """The machine as plain values."""
        return asdict(self)


def this_machine() -> Machine:
    """The machine that this process runs on; torch is not imported for that."""
    return Machine(
        processor=_processor(),
        threads=threads(),
        torch=_version_of("torch"),
        kernels=_kernels(),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
    )


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _kernels() -> str:
    return why_none() or kernels().variant


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
