"""A training that is begun without the rest of a job."""

from __future__ import annotations

from charnn.configuration.config import Config
from charnn.runs.places import Destination
from charnn.training.initial import Initial
from charnn.training.loop import Training
from charnn.training.observers import Observer
from charnn.training.start import started


def start(config: Config, destination: Destination, observer: Observer, init: Initial | None = None) -> Training:
    """A training before its first step; its folder is not locked."""
    with started(config, destination, observer, init) as training:
        return training
