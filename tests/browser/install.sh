#!/bin/sh
# Install what the browser tests need, from Debian's own packages. What cannot be installed is named, and the tests skip
# with that reason.
set -u
if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then exit 0; fi
command -v apt-get >/dev/null || { echo "not a Debian system; not installed: chromium chromium-driver"; exit 0; }
as_root=
[ "$(id -u)" = 0 ] || as_root='sudo -n'
$as_root apt-get update -qq || echo "apt-get update failed; trying with the lists at hand"
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver \
  >/dev/null 2>&1 || echo "could not install chromium and chromium-driver"
exit 0
