#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Process 1 of a Debian host: like host_init.sh, but with a system of its own as root folder.
set -eu
name=$1 folder=$2 base=$3
root=$folder/root
hostname "$name"
mount -t overlay overlay -o "lowerdir=$base,upperdir=$folder/upper,workdir=$folder/work" "$root"
# An overlay cannot lie on an overlay, and Docker makes some.
mkdir -p "$root/var/lib/docker" "$root/var/lib/containerd"
mount --bind "$folder/docker" "$root/var/lib/docker"
mount --bind "$folder/containerd" "$root/var/lib/containerd"
mount -t proc proc "$root/proc"
for each in dev sys; do
  mount --rbind "/$each" "$root/$each"
done
mount -t tmpfs tmpfs "$root/run"
mkdir -p "$root/run/sshd" "$root/run/lock"
ip link set lo up
touch "$folder/run/booted"
exec docker-init -- chroot "$root" sleep infinity
