"""``python -m tdbook`` is the command ``tdbook``; Ctrl-C ends it in one line at any moment."""

import os
import signal
import sys
from typing import Any


def main() -> int:
    """Run the command; returns its exit code, 130 after Ctrl-C."""
    before = signal.signal(signal.SIGINT, _leave)
    sys.unraisablehook = _unraisable
    try:
        from tdbook import command_line

        return command_line.main(loaded=lambda: signal.signal(signal.SIGINT, before))  # there may be something to save
    except KeyboardInterrupt:  # a second one, or one between two lines of ours
        return 130
    finally:
        signal.signal(signal.SIGINT, _leave)


def _leave(*_: Any) -> None:
    """End at once: while modules are loaded, and when all is written, there is nothing to keep."""
    os.write(2, b"tdbook: interrupted\n")
    os._exit(130)


def _unraisable(event: Any) -> None:
    """Ctrl-C within a callback of the interpreter, which would print it and go on."""
    if isinstance(event.exc_value, KeyboardInterrupt):
        _leave()
    sys.__unraisablehook__(event)


if __name__ == "__main__":
    sys.exit(main())
