#!/bin/sh
# forges.sh [DEST]: build Gitea and Soft Serve with Go, for the tests in this folder (some ten minutes, once).
#
#     sh tests/servers/forges.sh && make test-servers
#
# They go to ~/.cache/muse-forges, where the tests look, unless DEST says otherwise (then put DEST/bin on PATH).
#
# `go install` refuses Gitea (its go.mod has replace directives), so its module is unpacked and built where it is; its
# pages are read from there. Soft Serve is built from SOFT_SERVE_SOURCE where that is set, else installed.
set -eu
dest=${1:-$HOME/.cache/muse-forges}
mkdir -p "$dest/bin"; dest=$(cd "$dest" && pwd)
command -v go >/dev/null || { echo "forges: go is not installed"; exit 0; }
gitea=${GITEA_VERSION:-v1.26.0}

from=$(go mod download -json "code.gitea.io/gitea@$gitea" | sed -n 's/.*"Dir": "\(.*\)",/\1/p')
[ -n "$from" ] || { echo "forges: Gitea $gitea could not be downloaded" >&2; exit 1; }
rm -rf "$dest/gitea"; cp -r "$from" "$dest/gitea"; chmod -R u+w "$dest/gitea"
(cd "$dest/gitea" && go build -tags 'sqlite sqlite_unlock_notify' -o "$dest/bin/gitea" .)
if [ -n "${SOFT_SERVE_SOURCE:-}" ]; then
  (cd "$SOFT_SERVE_SOURCE" && go build -o "$dest/bin/soft" ./cmd/soft)
else
  GOBIN="$dest/bin" go install github.com/charmbracelet/soft-serve/cmd/soft@latest
fi
ls -l "$dest/bin"
