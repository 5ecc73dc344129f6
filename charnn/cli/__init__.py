"""The command line: one file a command, found by listing this folder; a folder is a group of commands.

A folder whose own file has a `command` is one command in several files.

Results go to standard output, everything else to standard error. Torch is imported inside commands alone,
so that `--help` and `--version` answer at once.
"""

from __future__ import annotations

import os
import re
import sys
import time
import traceback
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Annotated, Any

import typer

from charnn import __version__
from charnn.cli._shared.terminal import complain, is_first_process
from charnn.cli._shared.usage import explain_usage, is_usage_error
from charnn.errors import CharnnError, LostProcessError, StoppedError

# Typer takes the shell that it finds itself in, unless it is kept from looking; then it takes the one that is named.
_NAMED_SHELL = re.compile(r"--(install|show)-completion[= ]\w")
# What takes less memory, by the command.
_SMALLER = {
    "train": "train with smaller `model.hidden`, `train.lanes` or windows",
    "ngram-stats": "count with a smaller --order or with --memory",
}
# How long a process of several leaves it to the first to say what is wrong, in seconds.
_WAIT_FOR_FIRST = 10.0
CONTEXT = {"help_option_names": ["-h", "--help"]}


def build(package: str = __name__, folder: Path = Path(__file__).parent) -> typer.Typer:
    """The commands of a folder: the function `command` of each file, under the file's name."""
    app = typer.Typer(
        context_settings=CONTEXT,
        no_args_is_help=True,
        add_completion=package == __name__,
        pretty_exceptions_enable=False,
    )
    for module in iter_modules([str(folder)]):
        if module.name.startswith("_"):
            continue
        part = import_module(f"{package}.{module.name}")
        name = module.name.replace("_", "-")
        if module.ispkg and not hasattr(part, "command"):
            app.add_typer(build(part.__name__, folder / module.name), name=name, help=part.__doc__)
        else:
            app.command(name, context_settings=CONTEXT)(_guarded(part.command))
    return app


def _guarded(command: Callable[..., None]) -> Callable[..., None]:
    """The command, whose errors become one message on standard error and an exit code."""

    @wraps(command)
    def guarded(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
            sys.stdout.flush()
        except (KeyboardInterrupt, Exception) as error:
            if "--debug" in sys.argv and not isinstance(error, BrokenPipeError):
                traceback.print_exc()
            sys.exit(_explain(error))

    return guarded


def _explain(error: BaseException) -> int:
    """Say what went wrong, and return the exit code."""
    if not is_first_process():
        if isinstance(error, StoppedError):
            return error.exit_code
        # What all processes meet alike, the first says; then it ends, and the launcher ends this one, which waits here.
        # What this one alone has met, it says after the wait. To end at once would have the launcher cut the first off.
        if not isinstance(error, LostProcessError | KeyboardInterrupt | BrokenPipeError):
            time.sleep(_WAIT_FOR_FIRST)
    if isinstance(error, CharnnError):
        complain(str(error))
        return error.exit_code
    if is_usage_error(error):
        if message := explain_usage(error):
            complain(message)
        return 2
    if isinstance(error, BrokenPipeError):
        # The reader of our output has had enough; Python would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if isinstance(error, KeyboardInterrupt):
        complain("interrupted")
        return 130
    if _is_out_of_memory(error):
        command = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
        smaller = f": {_SMALLER[command]}" if command in _SMALLER else ""
        said = str(error).splitlines()[0] if str(error) else "no more memory"
        complain(f"there is not enough memory for this{smaller} ({said})")
        return 1
    if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] == "torch":
        complain("this needs torch, which is not installed: `pip install torch`")
        return 2
    if isinstance(error, OSError):
        complain(f"{error.filename or 'the system'}: {error.strerror or error}")
        return 1
    complain(f"this is a defect of charnn: {type(error).__name__}: {error} (--debug shows where)")
    return 1


def _is_out_of_memory(error: BaseException) -> bool:
    """Whether Python, NumPy, a device of torch or torch's allocator of the CPU found no memory.

    Torch has an exception for the devices alone, and importing torch to name it would take seconds.
    """
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def _version(asked: bool) -> None:
    if asked:
        print(f"charnn {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours.")] = False,
) -> None:
    """Train, sample and measure character-level recurrent language models."""


def main() -> None:
    """Run the command line and exit with its code."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the process that started us
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115, PTH123
    arguments = [argument for argument in sys.argv[1:] if argument not in ("--debug", "--no-color")]
    if "--no-color" in sys.argv:
        os.environ["NO_COLOR"] = "1"
    if not sys.stdout.isatty():
        os.environ["_TYPER_FORCE_DISABLE_TERMINAL"] = "1"
    if _NAMED_SHELL.match(" ".join(arguments)):
        os.environ["_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"] = "1"
    code = _run(arguments)
    if os.environ.get("WORLD_SIZE", "1") != "1":
        _leave_at_once(code)
    sys.exit(code)


def _run(arguments: list[str]) -> Any:
    """Run a command, or show help; return the exit code."""
    try:
        app = build()
        app.callback()(_root)
        # What the parser wrote is in a buffer still, and a closed pipe is first noticed when it is written.
        code = app(arguments, prog_name="charnn", standalone_mode=False)
        sys.stdout.flush()
    except SystemExit as end:
        # Typer and Rich end the program themselves where help meets a closed pipe.
        return _explain(end.__context__) if isinstance(end.__context__, BrokenPipeError) else end.code
    except (KeyboardInterrupt, Exception) as error:
        return _explain(error)
    return code


def _leave_at_once(code: Any) -> None:
    """End a process that `torchrun` started, without the interpreter's last rites.

    A thread of gloo that is still at work then asks for an interpreter that is no longer there, and aborts the process:
    https://github.com/pytorch/pytorch/pull/179291.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))
