#!/bin/sh
# container.sh SOURCE FOLDER: build SOURCE/packaging/Containerfile with no registry of images and no daemon, as root.
#
# buildah runs each instruction in a chroot. The image to start from is made here, under the name of the one that the
# file asks for: Debian trixie by debootstrap, with its own Python 3.13 and nothing that keeps pip from it. Prints the
# version that the image says, and what its entry point says of a repository that is mounted there.
set -eu
source=$1 folder=$2
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
build() { buildah --root "$folder/storage" --runroot "$folder/run" "$@"; }
base=$(sed -n 's/^FROM //p' "$source/packaging/Containerfile")

mkdir -p "$folder/root"
debootstrap --variant=minbase --include=python3,python3-pip,ca-certificates trixie "$folder/root" >"$folder/log"
ln -sf python3 "$folder/root/usr/bin/python"
rm -f "$folder"/root/usr/lib/python3*/EXTERNALLY-MANAGED
cp /etc/ssl/certs/ca-certificates.crt "$folder/root/etc/ssl/certs/"
[ ! -f /etc/pip.conf ] || cp /etc/pip.conf "$folder/root/etc/"
made=$(build from scratch)
build copy -q "$made" "$folder/root" / >/dev/null
build config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$made"
build commit -q "$made" "$base" >/dev/null
rm -rf "$folder/root"

build bud -q --pull-never --network host -f "$source/packaging/Containerfile" -t muse-on-git:test "$source" >>"$folder/log"
made=$(build from --pull-never localhost/muse-on-git:test)
build run "$made" -- muse --version
git init -q "$folder/repository"
build run -v "$folder/repository:/work" "$made" -- muse doctor 2>&1 || true
