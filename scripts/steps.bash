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

# beside LOG FUNCTION: runs steps in the background, their output in LOG.
beside() {
  local log=$1 function=$2
  (
    steps_report=()
    "$function"
    printf '%s\n' "${steps_report[@]}" >"$log.results"
    exit $steps_failed
  ) >"$log.log" 2>&1 &
  beside_pid=$!
}

# join LOG: waits for what runs beside, shows what it printed, and counts its steps.
join() {
  local log=$1 line
  wait "$beside_pid" || steps_failed=1
  cat "$log.log"
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
