#!/bin/sh
# git_own_scripts.sh SOURCE [SCRIPT...]: run Git's own tests with git-remote-muse in the way, and count.
#
#     apt-get source git && make -C git-2.39.5 -j2 && sh tests/servers/git_own_scripts.sh git-2.39.5
#
# SOURCE is a built source tree of the installed Git: its scripts are run, unmodified, with the Git on PATH. Without
# SCRIPTs, all of t/*.sh that use file:// are. The one thing different is a configuration, read as the system's:
# url.muse::.insteadOf=file://. A wrapper counts the calls of the helper. MUSE_JOBS scripts run at once (2).
# MUSE_SETUP=false keeps the helper from setting up drivers and looking for metadata; MUSE_PREFIX is what stands for
# file:// (muse::). Results go to the file `results` in MUSE_OUT (default: ./git-own-scripts), one line per script.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
source=$(cd "$1" && pwd); shift
out=${MUSE_OUT:-git-own-scripts}; mkdir -p "$out"; out=$(cd "$out" && pwd)
[ -x "$source/t/helper/test-tool" ] || { echo "build $source first: make -C $source" >&2; exit 1; }
git=$(command -v git)
python=${MUSE_PYTHON:-$here/.venv/bin/python}
rm -rf "$out/bin" "$out/trash"; mkdir -p "$out/bin" "$out/trash" "$out/logs"

cat > "$out/config" <<CONFIG
[url "${MUSE_PREFIX:-muse::}"]
	insteadOf = file://
[protocol "muse"]
	allow = always
[muse]
	autoSetup = ${MUSE_SETUP:-true}
CONFIG
# The tests run this `git`; what Git starts itself inherits the environment.
cat > "$out/bin/git" <<WRAPPER
#!/bin/sh
GIT_CONFIG_NOSYSTEM=0 GIT_CONFIG_SYSTEM='$out/config' exec '$git' "\$@"
WRAPPER
cat > "$out/bin/git-remote-muse" <<WRAPPER
#!/bin/sh
[ -z "\${MUSE_COUNT:-}" ] || echo "\$2" >> "\$MUSE_COUNT"
PYTHONPATH='$here' exec '$python' -m git_remote_muse "\$@"
WRAPPER
cat > "$out/bin/run-one" <<WRAPPER
#!/bin/sh
cd '$source/t'
name=\${1%.sh}
log='$out/logs/'\$name
rm -f "\$log" "\$log.calls"; : > "\$log.calls"
MUSE_COUNT="\$log.calls" GIT_TEST_INSTALLED='$out/bin' TEST_OUTPUT_DIRECTORY='$out/trash' ./"\$1" > "\$log" 2>&1
ok=\$(grep -c '^ok ' "\$log"); skip=\$(grep -ci '^ok .*# skip' "\$log" || true)
known=\$(grep -c '^not ok .*# TODO known breakage' "\$log" || true)
bad=\$((\$(grep -c '^not ok ' "\$log") - known))
end=\$(tail -n 1 "\$log" | cut -c1-40)
printf '%s ok %s notok %s skipped %s known %s calls %s | %s\n' "\$name" "\$ok" "\$bad" "\$skip" "\$known" "\$(wc -l < "\$log.calls")" "\$end"
WRAPPER
chmod +x "$out"/bin/*

[ $# -gt 0 ] || set -- $(cd "$source/t" && grep -l 'file://' t[0-9]*.sh)
echo "$("$git" version), $# scripts, helper of $(cd "$here" && "$git" rev-parse --short HEAD 2>/dev/null || echo "$here")" >&2
printf '%s\n' "$@" | xargs -n 1 -P "${MUSE_JOBS:-2}" "$out/bin/run-one" | tee "$out/results"
awk '{ ok += $3; bad += $5; skip += $7; known += $9; calls += $11 }
     END { print NR " scripts: " ok " ok (" skip " skipped), " bad " not ok, " known " known breakage, " calls " calls of the helper" }' "$out/results"
for name in $(awk '$5 != 0 { print $1 }' "$out/results"); do grep '^not ok ' "$out/logs/$name" | grep -v 'known breakage' | sed "s/^/$name: /"; done
