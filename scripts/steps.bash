# SPDX-License-Identifier: GPL-3.0-or-later
# To be sourced: run named steps to the end, whatever fails, then say how each one ended.

steps_report=()
steps_failed=0

# step NAME COMMAND...: runs the command and remembers how it ended.
step() {
  local name=$1 began=$SECONDS verdict=ok
  shift
  printf '\n==> %s\n' "$name"
  "$@" </dev/null || verdict="FAILED (exit $?)"
  [ "$verdict" = ok ] || steps_failed=1
  steps_report+=("$(printf '%-44s %5d s  %s' "$name" $((SECONDS - began)) "$verdict")")
}

# note NAME SENTENCE: remembers something that was left out, and why.
note() {
  steps_report+=("$(printf '%-44s          %s' "$1" "$2")")
}

# next_of QUEUE: prints the first line of a file and removes it, whoever else asks at the same time;
# fails where none is left.
next_of() {
  local queue=$1 line
  (
    flock 9
    read -r line <"$queue" || exit 1
    sed -i 1d "$queue"
    echo "$line"
  ) 9>"$queue.lock"
}

# lane QUEUE: runs the functions that a file names, one to a line, until none is left.
lane() {
  local function
  while function=$(next_of "$1"); do
    "$function"
  done
}

# beside LOG FUNCTION [ARGUMENT...]: runs steps in the background, their output in LOG.
beside() {
  local log=$1
  shift
  (
    steps_report=()
    "$@"
    [ ${#steps_report[@]} = 0 ] || printf '%s\n' "${steps_report[@]}" >"$log.results"
    exit $steps_failed
  ) >"$log.log" 2>&1 &
  beside_pid=$!
}

# join LOG: waits for what runs beside, shows what it printed, and counts its steps.
join() {
  local log=$1 line
  wait "$beside_pid" || steps_failed=1
  cat "$log.log"
  [ -e "$log.results" ] || return 0
  while read -r line; do
    steps_report+=("$line")
  done <"$log.results"
}

# Prints how every step ended; fails if one did.
results() {
  printf '\n==> results\n'
  printf '%s\n' "${steps_report[@]}"
  return $steps_failed
}
