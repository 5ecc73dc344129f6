"""What the tasks share whose network writes a text: losses of its symbols and of its end, and a bound on its length."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from charnn.configuration.config import Config
from charnn.configuration.types import Count, Effect, Part
from charnn.data.text.vocabulary import Vocabulary
from charnn.tasks._examples import ExampleTask

DEFAULT_LONGEST = 1000
"""Where a text is cut if nothing is known of the table."""


class Written(Part):
    """The keys of such a task."""

    longest: Annotated[Count | None, Effect.COURSE] = None
    """Where a text is cut that does not end; null: twice the longest for training."""


class DecodedTask(ExampleTask):
    """A task whose targets are written symbol by symbol, until the end."""

    @property
    def target_vocabulary(self) -> Vocabulary:
        """The symbols that texts are written in."""
        found = self.vocabularies.target
        assert found is not None
        return found

    @property
    def longest(self) -> int:
        """Where a text is cut that does not end."""
        options = self.config.task
        assert isinstance(options, Written)
        return options.longest or 2 * int(self.examples.targets.lengths[self.examples.parts["train"]].max())

    def pinned(self, folder: Path) -> Config:
        """See `Task`: the bound too, so that the run answers without its table."""
        config = super().pinned(folder)
        return replace(config, task=config.task.model_copy(update={"longest": self.longest}))

    def losses(self) -> NDArray[np.int64]:
        """See `ExampleTask`: one for each symbol, and one for the end."""
        return np.asarray(self.examples.targets.lengths[self.examples.parts["train"]] + 1, dtype=np.int64)

    @property
    def uniform_loss(self) -> float:
        """See `Task`."""
        return math.log(len(self.target_vocabulary) + 1)
