"""One training in several processes: PyTorch's own data-parallel engine, the lanes divided over the ranks.

Every rank holds the whole model and reads lanes of its own; gradients are averaged while they flow backwards.
Rank 0 alone writes. `torchrun --nproc-per-node N -m charnn train …` starts them; without it there is one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from charnn.errors import CharnnError, LostProcessError, UsageError
from charnn.networks.devices import find_device

# A rank that is gone is noticed by its closed connection; one that is only slow (it validates, it saves) is not gone.
_PATIENCE = timedelta(days=7)

Result = TypeVar("Result")


@dataclass(frozen=True)
class Processes:
    """The processes of a training.

    Attributes:
        rank: the number of this process, from 0.
        count: how many there are.
    """

    rank: int = 0
    count: int = 1

    def device(self, name: str) -> torch.device:
        """Where this rank works: of several, each has a CUDA device of its own."""
        device = find_device(name)
        return torch.device("cuda", torch.cuda.current_device()) if device.type == "cuda" and self.count > 1 else device

    def own_lanes(self, lanes: int) -> range:
        """Which lanes this rank reads.

        Raises:
            UsageError: there are fewer lanes than processes.
        """
        if lanes < self.count:
            raise UsageError(f"{self.count} processes need at least as many lanes, and `train.lanes` is {lanes}")
        cuts = [lanes * rank // self.count for rank in (self.rank, self.rank + 1)]
        return range(*cuts)

    @contextmanager
    def together(self) -> Iterator[None]:
        """All ranks do this at the same time; a rank that has ended is an error that says so.

        Raises:
            LostProcessError: a connection to another rank broke.
        """
        try:
            yield
        except RuntimeError as error:
            if self.count == 1 or isinstance(error, torch.OutOfMemoryError):
                raise
            raise LostProcessError(
                "another process of this training has ended, and so does this one; what was saved is as it was, and"
                " `charnn train --resume` goes on from there, with any number of processes"
            ) from None

    def network(self, network: nn.Module) -> nn.Module:
        """The network as it is run: its gradients are the means over all ranks."""
        if self.count == 1:
            return network
        with self.together():
            return DistributedDataParallel(network)

    def sum(self, value: float) -> float:
        """The sum of a number over all ranks."""
        return self._reduced([value], dist.ReduceOp.SUM)[0]

    def largest(self, *values: float) -> list[float]:
        """The largest of each of these numbers over all ranks."""
        return self._reduced(values, dist.ReduceOp.MAX)

    def from_first(self, value: Any) -> Any:
        """The value that rank 0 has."""
        if self.count == 1:
            return value
        box = [value]
        with self.together():
            dist.broadcast_object_list(box, src=0)
        return box[0]

    def on_first(self, act: Callable[[], Result]) -> Result:
        """Let rank 0 act, and give its result to all ranks.

        Raises:
            CharnnError: rank 0 raised it; then all ranks do.
        """
        if self.count == 1:
            return act()
        found: Any = None
        if self.rank == 0:
            try:
                found = act()
            except CharnnError as error:
                found = error
        found = self.from_first(found)
        if isinstance(found, CharnnError):
            raise found
        return cast(Result, found)

    def all_lanes(self, part: Tensor) -> Tensor:
        """(B, …) of all ranks together from (own lanes, …) of each."""
        if self.count == 1:
            return part
        sizes = [int(size) for size in self._gathered(torch.tensor([len(part)], device=part.device))]
        padded = torch.zeros((max(sizes), *part.shape[1:]), dtype=part.dtype, device=part.device)
        padded[: len(part)] = part
        pieces = self._gathered(padded)
        return torch.cat([piece[:size] for piece, size in zip(pieces, sizes, strict=True)])

    def _gathered(self, part: Tensor) -> list[Tensor]:
        pieces = [torch.empty_like(part) for _ in range(self.count)]
        with self.together():
            dist.all_gather(pieces, part.contiguous())
        return pieces

    def _reduced(self, values: Any, how: Any) -> list[float]:
        if self.count == 1:
            return list(values)
        device = "cuda" if dist.get_backend() == "nccl" else "cpu"
        numbers = torch.tensor(values, dtype=torch.float64, device=device)
        with self.together():
            dist.all_reduce(numbers, how)
        return [float(number) for number in numbers.tolist()]


ALONE = Processes()


def join(device: torch.device) -> Processes:
    """Meet the other processes that `torchrun` started; without it, this process is alone.

    Raises:
        CharnnError: they cannot be met.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return ALONE
    rank = int(os.environ["RANK"])
    if device.type == "cuda":
        # What is sent over NCCL goes through the current device.
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    if not dist.is_initialized():
        try:
            dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_PATIENCE)
        except (RuntimeError, ValueError) as error:
            raise CharnnError(f"the {count} processes of this training cannot meet: {error}") from None
    return Processes(rank, count)


def leave() -> None:
    """Leave the other processes, if there are any."""
    if dist.is_initialized():
        # All leave together: a rank that tears its connections down while another still works may be aborted.
        with suppress(RuntimeError):
            dist.barrier()
            dist.destroy_process_group()
