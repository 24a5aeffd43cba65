#!/usr/bin/env bash
# Guess: indi_setprop either sets what it is told or fails; its help has "0: all settings successful".
# Seen: a filter named "Ha & OIII" goes out without XML escaping: the server drops the line, the name stays as it was,
#   and the exit status is 0, as it is for a slot that the wheel refuses. "Ha &amp; OIII" is cut at the semicolon.
# Why: scripts that name a wheel's filters before a run go on with the old names, and flats are filed under them.
# indi-bin 1.9.9+dfsg-2 (indi_setprop, indi_simulator_wheel), 2026-11-27.
set -eu

command -v indiserver >/dev/null && command -v dpkg-query >/dev/null || { echo "missing: indi-bin"; exit 77; }
version=$(dpkg-query -W -f '${Version}' indi-bin)
case $version in 1.9.9+dfsg-2*) echo "indi-bin $version" ;; *) echo "indi-bin $version is not the one seen"; exit 77 ;; esac

tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; wait; rm -rf "$tmp"' EXIT
export HOME=$tmp
port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')

get() { indi_getprop -p "$port" -t 5 -1 "Filter Simulator.$1" 2>/dev/null | tail -n 1; }
put() { indi_setprop -p "$port" -t 5 "Filter Simulator.$1"; }
await() {
    for _ in $(seq 60); do
        if [ "$(get "$1")" = "$2" ]; then return 0; fi
        sleep 0.2
    done
    echo "CHANGED: $1 is '$(get "$1")', expected '$2'"
    exit 1
}

indiserver -p "$port" -u "$tmp/socket" indi_simulator_wheel 2>"$tmp/log" &
server=$!
await CONNECTION.CONNECT Off
put CONNECTION.CONNECT=On
await CONNECTION.CONNECT On
await FILTER_NAME.FILTER_SLOT_NAME_4 H_Alpha

put "FILTER_NAME.FILTER_SLOT_NAME_4=Ha-OIII"
await FILTER_NAME.FILTER_SLOT_NAME_4 Ha-OIII
echo "Ha-OIII:       is set"

status=0
put "FILTER_NAME.FILTER_SLOT_NAME_4=Ha & OIII" || status=$?
sleep 2
echo "Ha & OIII:     exit status $status, the name is '$(get FILTER_NAME.FILTER_SLOT_NAME_4)'"
[ "$status" = 0 ] || { echo "CHANGED: expected status 0"; exit 1; }
await FILTER_NAME.FILTER_SLOT_NAME_4 Ha-OIII

put "FILTER_NAME.FILTER_SLOT_NAME_4=Ha &amp; OIII" 2>"$tmp/said" || status=$?
echo "Ha &amp; OIII: exit status $status, $(head -n 1 "$tmp/said")"
[ "$status" = 2 ] || { echo "CHANGED: expected status 2"; exit 1; }

status=0
put FILTER_SLOT.FILTER_SLOT_VALUE=9 || status=$?
await FILTER_SLOT._STATE Alert
echo "slot 9 of 8:   exit status $status, state $(get FILTER_SLOT._STATE)"
[ "$status" = 0 ] || { echo "CHANGED: expected status 0"; exit 1; }
echo "as seen: indi_setprop calls both a success"
