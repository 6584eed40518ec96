#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Process 1 of a fleet host: makes the new namespaces look like a machine of their own, then
# becomes an init that reaps. When it ends, the kernel ends everything else on the host.
set -eu
name=$1 folder=$2
hostname "$name"
mount -t proc proc /proc
mount --bind "$folder/etc-docker" /etc/docker
mount --bind "$folder/shadow" /etc/shadow
mount --bind "$folder/run" /run
# A home of its own, without what this machine's root has there: a .bashrc costs time at each call.
mount --bind "$folder/home" /root
ip link set lo up
touch /run/booted
exec docker-init -- sleep infinity
