"""Sizes that may differ from one run of a program to the next: how many steps a batch has, and how many rows count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ctypes import Structure
from typing import NamedTuple, TypeAlias


class Extent:
    """How many of something there are in a run, for which a program has room.

    Attributes:
        most: how many there may be.
    """

    def __init__(self, most: int) -> None:
        """Nothing follows it yet."""
        self.most, self._count = most, most
        self._followers: list[Callable[[int], None]] = []

    def __mul__(self, factor: int) -> Multiple:
        return Multiple(self, factor)

    def set(self, count: int) -> None:
        """Tell all that follow it.

        Args:
            count: how many there are, at most `most`.
        """
        assert count <= self.most
        if count != self._count:
            self._count = count
            for follower in self._followers:
                follower(count)

    def lead(self, follower: Callable[[int], None]) -> None:
        """Tell something whenever it is set."""
        self._followers.append(follower)


class Multiple(NamedTuple):
    """An extent times a number."""

    extent: Extent
    factor: int

    @property
    def most(self) -> int:
        """What it is at most."""
        return self.extent.most * self.factor

    def __mul__(self, factor: int) -> Multiple:  # type: ignore[override]  # a tuple repeats itself
        return Multiple(self.extent, self.factor * factor)


Size: TypeAlias = "int | Multiple"


def most(size: Size) -> int:
    """What a size is at most."""
    return size if isinstance(size, int) else size.most


def follow(structure: Structure, sizes: Mapping[str, Size], of: Callable[[int], int] = int) -> None:
    """Let fields of a structure follow their sizes.

    Args:
        structure: in which they are.
        sizes: of each field.
        of: what a field is for a size.
    """
    for field, size in sizes.items():
        if isinstance(size, Multiple):
            size.extent.lead(_setter(structure, field, size.factor, of))


def _setter(structure: Structure, field: str, factor: int, of: Callable[[int], int]) -> Callable[[int], None]:
    return lambda count: setattr(structure, field, of(count * factor))
