"""`python -m muse.cli` is `muse`."""

import sys

from muse.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
