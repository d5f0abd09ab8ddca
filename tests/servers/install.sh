#!/bin/sh
# Install the servers the tests in this folder start themselves, on loopback. A package that cannot be installed is
# named, and its tests skip with that reason. Nothing is started here: policy-rc.d keeps Debian from doing so.
set -u
cd "$(dirname "$0")"
wanted='git:git nginx:nginx-light fcgiwrap:fcgiwrap lighttpd:lighttpd apache2:apache2-bin sshd:openssh-server ssh:openssh-client gitolite:gitolite3 nats-server:nats-server'
as_root=
[ "$(id -u)" = 0 ] || as_root='sudo -n'

missing=
for pair in $wanted; do
  PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null || { echo "not a Debian system; not installed:$missing"; exit 0; }

policy=/usr/sbin/policy-rc.d
made=
if [ ! -e $policy ] && printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null && $as_root chmod +x $policy; then
  made=yes
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq || echo "apt-get update failed; trying with the lists at hand"
for package in $missing; do
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 \
    && echo "installed $package" || echo "could not install $package"
done
[ -z "$made" ] || $as_root rm -f $policy
exit 0
