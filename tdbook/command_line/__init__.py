"""The command line: ``tdbook decompose``, ``waring``, ``sweep``, ``verify`` and ``grade``."""

from __future__ import annotations

import argparse
import codecs
import contextlib
import io
import os
import sys
from collections.abc import Callable, Sequence

from tdbook import __version__
from tdbook.command_line import decompose, grade, sweep, verify, waring

COMMANDS = (decompose, waring, sweep, verify, grade)


def main(arguments: Sequence[str] | None = None, loaded: Callable[[], object] = bool) -> int:
    """Run a command; returns the exit code: 0 done, 1 not converged or a claim failed, 2 bad input, 130 after Ctrl-C.

    ``loaded`` is called when the modules that the command needs are there and its work begins.
    """
    codecs.register_error("tdbook-plain", _plain)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a console's code page may lack the marks of the ledger
        sys.stdout.reconfigure(errors="tdbook-plain")
    try:
        options = _parser().parse_args(arguments)
        options.loaded = loaded
        code = int(options.command(options))
        sys.stdout.flush()  # a full disk shows here, if not before
        return code
    except BrokenPipeError:  # the reader of a pipe has seen enough, as `head` does
        _drop_output()
        return 141
    except (ValueError, TypeError, OSError) as error:
        print(f"tdbook: {_one_line(error)}", file=sys.stderr)
        if isinstance(error, OSError) and error.filename is None:
            _drop_output()  # it may be the output itself that cannot be written
        return 2
    except MemoryError:
        print("tdbook: the input is too large for this machine's memory", file=sys.stderr)
        return 2
    except BaseException as error:
        if not _interrupted(error):
            raise
        print("tdbook: interrupted", file=sys.stderr)
        return 130


def _interrupted(error: BaseException | None) -> bool:
    """Whether an exception is Ctrl-C, or came of it: a compiled module whose loading it ends raises ImportError."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _drop_output() -> None:
    """Send what is still unwritten nowhere, so that Python does not try to write it when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


PLAIN = {
    "✓": "+", "✗": "x", "◐": "~", "◔": "-", "○": "o", "❞": "c", "≤": "<=", "≥": ">=", "≠": "!=", "×": "x", "·": "*",
    "−": "-", "–": "-", "—": "-", "…": "...", "’": "'", "“": '"', "”": '"', "‖": "||", "√": "sqrt", "∞": "inf",
    "→": "->", "²": "^2", "³": "^3",
}  # fmt: skip


def _plain(error: UnicodeError) -> tuple[str, int]:
    """What is printed in the place of letters that the terminal, or the file it is sent to, cannot take."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return "".join(PLAIN.get(letter, "?") for letter in letters), error.end


def _one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename is not None else error.strerror
    return " ".join(str(error).split())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tdbook", description="Over-parametrised tensor decomposition: run Algorithm 1, check the ledger's claims."
    )
    parser.add_argument("--version", action="version", version=f"tdbook {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser
