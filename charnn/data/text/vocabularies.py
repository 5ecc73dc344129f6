"""The vocabularies of a task: that of what is read, and that of what is asked for where it is another."""

from __future__ import annotations

import json
from typing import NamedTuple

from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import RunError


class Vocabularies(NamedTuple):
    """The symbols that a network's ids stand for.

    Attributes:
        input: those of what is read.
        target: those of what is asked for; None where it is the same text.
    """

    input: Vocabulary
    target: Vocabulary | None = None

    @property
    def sizes(self) -> tuple[int, int]:
        """How many symbols each has."""
        return len(self.input), len(self.target or ())

    def to_json(self) -> str:
        """The content of `vocabulary.json`: one vocabulary, or both under `input` and `target`."""
        if self.target is None:
            return self.input.to_json()
        document = {"input": json.loads(self.input.to_json()), "target": json.loads(self.target.to_json())}
        return json.dumps(document, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, document: str, name: str) -> Vocabularies:
        """Read what `to_json` wrote.

        Raises:
            RunError: the document is not that.
        """
        try:
            found = json.loads(document)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or "target" not in found:
            return cls(Vocabulary.from_json(document, name))
        if set(found) != {"input", "target"}:
            raise RunError(f"{name} is not what charnn writes, or is damaged")
        return cls(*(Vocabulary.from_json(json.dumps(found[key]), name) for key in ("input", "target")))
