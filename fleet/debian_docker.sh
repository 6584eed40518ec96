#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
### BEGIN INIT INFO
# Provides:          docker
# Required-Start:
# Required-Stop:
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: Docker Engine
### END INIT INFO
# /etc/init.d/docker of a Debian host. The package's own raises limits, which a machine without
# CAP_SYS_RESOURCE, such as a container, refuses; and it does not wait, as systemd does.
set -eu
daemon="--pidfile /run/docker.pid --exec /usr/sbin/dockerd"
case $1 in
start)
  start-stop-daemon --status $daemon && exit 0
  rm -f /run/docker.sock
  start-stop-daemon --start --background --output /var/log/docker.log $daemon
  for _ in $(seq 300); do
    [ ! -S /run/docker.sock ] || exit 0
    sleep 0.1
  done
  exit 1
  ;;
stop) start-stop-daemon --stop --oknodo --retry 30 $daemon ;;
restart)
  $0 stop
  $0 start
  ;;
status) start-stop-daemon --status $daemon ;;
*) exit 2 ;;
esac
