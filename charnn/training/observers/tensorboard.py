"""The rows of `metrics.jsonl` for TensorBoard, written while a model trains; tensorboard is the extra `tensorboard`.

Every number of a row is a scalar under its own name. A training that goes on from a checkpoint, or is rewound to one,
marks what was written after it as void, so that no step is there twice.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charnn.errors import CharnnError, UsageError
from charnn.training.metrics import Meter
from charnn.training.observers import Observer

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


def check_tensorboard() -> None:
    """Refuse to write for TensorBoard where its package is missing.

    Raises:
        UsageError: it is.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise UsageError("--tensorboard needs the package tensorboard: pip install 'charnn[tensorboard]'")


class TensorBoard(Observer):
    """An observer that writes every report into a folder, and hands everything on to another observer."""

    def __init__(self, observer: Observer, folder: Path, step: int) -> None:
        """Begin to write after `step`: what the folder holds of later ones is void."""
        self.observer, self.folder, self.step = observer, folder, step
        self.writer = self._open()

    def __exit__(self, *_: object) -> None:
        self.writer.close()

    def _open(self) -> SummaryWriter:
        from torch.utils.tensorboard import SummaryWriter

        try:
            return SummaryWriter(str(self.folder), purge_step=self.step + 1)
        except OSError as error:
            raise CharnnError(f"cannot write {self.folder}: {error.strerror or error}") from None

    def reported(self, row: dict[str, Any]) -> None:
        """Write the numbers of a row."""
        if row["step"] <= self.step:  # the training was rewound
            self.writer.close()
            self.step = row["step"] - 1
            self.writer = self._open()
        self.step = row["step"]
        for key, value in row.items():
            if key != "step" and not isinstance(value, bool):
                self.writer.add_scalar(key, value, self.step)
        self.writer.flush()
        self.observer.reported(row)

    def note(self, text: str) -> None:
        """Hand it on."""
        self.observer.note(text)

    def compared(self, baseline: dict[str, Any]) -> None:
        """Hand it on."""
        self.observer.compared(baseline)

    def progressed(self, share: float, meter: Meter) -> None:
        """Hand it on."""
        self.observer.progressed(share, meter)

    def sampled(self, row: dict[str, Any]) -> None:
        """Hand it on."""
        self.observer.sampled(row)

    def stop_signal(self) -> int | None:
        """Hand it on."""
        return self.observer.stop_signal()
