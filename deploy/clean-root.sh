#!/bin/bash
# Try Makefile targets on a fresh Debian 12 that has only git, make, python3 and python3-venv.
#
#   sudo deploy/clean-root.sh FOLDER MIRROR TARGET...
#   sudo deploy/clean-root.sh /var/tmp/clean-root "$MIRROR" demo test   # the address of a Debian mirror
#
# FOLDER is made when it does not exist; remove it afterwards. The committed state (HEAD) is cloned into it, so work that
# is not committed is not tried. Each target runs as root of that system and its seconds are printed. Needs debootstrap.
set -euo pipefail

[ $# -ge 3 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 64; }
folder=$(realpath -m "$1") mirror=$2
shift 2
checkout=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)

if [ ! -e "$folder/usr/bin/make" ]; then
    debootstrap --variant=minbase --include=ca-certificates,git,make,python3,python3-venv bookworm "$folder" "$mirror"
fi

# The outside world as this machine reaches it: names, and the authorities it trusts.
cp -L /etc/resolv.conf "$folder/etc/resolv.conf"
cp -L /etc/ssl/certs/ca-certificates.crt "$folder/etc/ssl/certs/ca-certificates.crt"

mounted=()
leave() { for place in "${mounted[@]}"; do umount "$place"; done; }
trap leave EXIT
mount_in() {
    mountpoint -q "$folder/$2" && return
    mkdir -p "$folder/$2"
    mount -t "$1" "$1" "$folder/$2"
    mounted=("$folder/$2" "${mounted[@]}")
}
mount_in proc proc
mount_in tmpfs dev/shm

rm -rf "$folder/opt/condau" "$folder/opt/condau.bundle"
git -C "$checkout" bundle create --quiet "$folder/opt/condau.bundle" HEAD

inside() {
    chroot "$folder" /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        LANG=C.UTF-8 CI="${CI:-}" \
        PIP_CERT=/etc/ssl/certs/ca-certificates.crt NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
        "$@" </dev/null
}
inside git clone --quiet /opt/condau.bundle /opt/condau

for target in "$@"; do
    started=$SECONDS result=0
    inside make -C /opt/condau "$target" || result=$?
    echo "clean root: make $target ended with $result after $((SECONDS - started)) s"
    [ "$result" = 0 ] || exit "$result"
done
