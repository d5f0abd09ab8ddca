"""The process of `muse`, `git muse` and `python -m muse.cli`: Ctrl-C ends it without a word, even while it starts.

Python turns the signal into an exception, which a module that is being imported would print as a traceback. So until
the door is open, and once it is closed, the signal does what it does to any program.
"""

import _signal  # what `signal` is made of, without its enums
import gc
import sys


def main() -> int:
    """Run one command and return its exit code."""
    ours = _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler  # else somebody wants it ignored
    if ours:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    if sys.argv[1:] in (["--help"], ["-h"], ["help"]):  # needs nothing of what running a verb does
        from muse.cli.overview import text

        try:
            sys.stdout.write(text())
            sys.stdout.flush()
            return 0
        except (OSError, AttributeError):
            pass  # closed or full: the door knows what to say
    from muse.core import collector, interrupt

    collector.begin_briefly()
    from muse.cli import main as door

    if ours:
        interrupt.listen()
    code = door.main()
    if ours:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    gc.freeze()  # the process ends, which would walk through all of it twice
    return code


if __name__ == "__main__":
    sys.exit(main())
