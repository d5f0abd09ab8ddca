#!/bin/sh
# build.sh [DEST]: sdist and wheel of this checkout as it stands, into DEST (dist), with SHA256SUMS and the Homebrew formula.
#
# Everything is built twice, from two copies in two folders under two umasks, and has to come out the same to the byte; the
# wheel is built from the unpacked sdist, as a distribution would. Needs git, GNU tar and a Python with hatchling (PYTHON).
set -eu
cd "$(dirname "$0")/.."
python=$(command -v "${PYTHON:-python3}"); case $python in */*) python=$(cd "$(dirname "$python")" && pwd)/$(basename "$python") ;; esac
mkdir -p "${1:-dist}"; dest=$(cd "${1:-dist}" && pwd)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

for turn in 022 077; do
  (
    umask $turn
    mkdir -p "$work/$turn/source" "$work/$turn/unpacked" "$work/$turn/made"
    git ls-files -z --cached --others --exclude-standard \
      | tar -cf - --ignore-failed-read --null -T - | tar -xf - -C "$work/$turn/source"
    cd "$work/$turn/source"
    "$python" -m hatchling build -t sdist -d "$work/$turn/made" >/dev/null
    tar -xzf "$work/$turn/made"/*.tar.gz -C "$work/$turn/unpacked"
    cd "$work/$turn/unpacked"/*
    "$python" -m hatchling build -t wheel -d "$work/$turn/made" >/dev/null
    cd "$work/$turn/made" && sha256sum -- * >"$work/$turn/SHA256SUMS"
  )
done
cmp "$work/022/SHA256SUMS" "$work/077/SHA256SUMS" || { echo "build: two builds, two results" >&2; exit 1; }
cp "$work/022/made"/* "$work/022/SHA256SUMS" "$dest"
sha=$(sed -n 's/ .*\.tar\.gz$//p' "$dest/SHA256SUMS")
version=$("$python" -c 'import runpy; print(runpy.run_path("muse/_version.py")["__version__"])')
sed "s/@VERSION@/$version/g; s/@SHA256@/$sha/" packaging/homebrew/muse-on-git.rb.in >"$dest/muse-on-git.rb"
cat "$dest/SHA256SUMS"
