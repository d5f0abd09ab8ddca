#!/bin/sh
# What Git runs for muse:: addresses. It starts Python without what the environment and the current folder, which may be
# a clone's, would give it; so nothing of a clone is imported. The Python is the one beside this file, else that of `muse`.
at=$0
test ! -h "$at" || at=$(readlink -f -- "$at")
at=${at%/*}
python=$at/python3
test -x "$python" || { IFS= read -r python <"$at/muse"; python=${python#??}; }
exec "$python" -EP -c 'import sys; from git_remote_muse.__main__ import main; sys.exit(main())' "$@"
