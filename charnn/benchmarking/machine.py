"""The machine that something is measured on."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


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
    """The machine that this process runs on."""
    import torch

    return Machine(
        processor=_processor(),
        threads=torch.get_num_threads(),
        torch=torch.__version__,
        kernels=_kernels(),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
    )


def _kernels() -> str:
    from charnn.kernels.library import kernels, why_none

    return why_none() or kernels().variant


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
