"""An update by torch: autograd derives the backward pass, `torch.optim` descends."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from charnn.batches.batch import Batch
from charnn.networks.dropout import Dropout
from charnn.networks.stack import States, detached
from charnn.training.updates import Done, Learner, NotFiniteError
from charnn.training.updates.clipping import clip_gradients


class ByAutograd:
    """Updates of any network, anywhere, in any number of processes."""

    def __init__(self, learner: Learner) -> None:
        """Of that network."""
        self.learner = learner
        self.network = learner.processes.network(learner.network)

    def __call__(self, batch: Batch, states: States, dropout: Dropout | None, rates: Sequence[float]) -> Done:
        """One update.

        Args:
            batch: what is learned from.
            states: what it starts from.
            dropout: what is left out; None: nothing.
            rates: the learning rate of each group of parameters.

        Raises:
            NotFiniteError: the loss or the gradient is not finite.
        """
        learner, processes = self.learner, self.learner.processes
        nats, carried = self.network(batch, states, learner.execution, dropout)
        for parameter in learner.parameters:
            parameter.grad = None
        # Gradients are averaged over the processes, and each reads only some of the lanes.
        share = processes.count / batch.divisor
        with processes.together():
            nats.backward(torch.scalar_tensor(share, dtype=nats.dtype, device=nats.device))
        total = processes.sum(nats.item())
        clipped = clip_gradients(learner.parameters, learner.config.clip)
        if not math.isfinite(clipped.norm) or not math.isfinite(total):
            raise NotFiniteError(total, clipped.norm)
        learner.set_rates(rates)
        learner.optimizer.step()
        return Done(total, clipped, detached(carried))
