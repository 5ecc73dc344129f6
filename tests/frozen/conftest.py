"""The command line, as the tests of `cli` run it."""

from tests.cli.conftest import charnn

__all__ = ["charnn"]
