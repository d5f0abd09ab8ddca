"""`git-remote-muse REMOTE ADDRESS`: what Git runs for `muse::ADDRESS`. See gitremote-helpers(7)."""

from __future__ import annotations

import _signal  # what `signal` is made of, without its enums
import sys


def main() -> int:
    """Exit with what the other end said; 128 and one line for an error of ours; 130 when interrupted."""
    ours = _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler
    if ours:  # an import that is interrupted would end in a traceback
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    from git_remote_muse.helper import complain, run
    from muse.core import interrupt
    from muse.core.errors import MuseError, UsageError

    if ours:
        interrupt.listen()
    try:
        if len(sys.argv) not in (2, 3):
            raise UsageError(
                "usage: git-remote-muse REMOTE ADDRESS", hint="Git runs this for addresses like muse::PATH"
            )
        if len(sys.argv) == 2:
            raise UsageError(f"remote '{sys.argv[1]}' has no URL", hint="set remote.<name>.url")
        return run(sys.argv[1], sys.argv[2])
    except MuseError as error:
        return complain(error)
    except BrokenPipeError:
        return 141
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
