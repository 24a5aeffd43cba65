#!/usr/bin/env bash
# Guess: a lamp can be switched off at any time; a lock between lid and lamp can only keep it dark.
# Seen: INDI's Flip Flat driver, lit while the lid is closed, opens the lid with the lamp lit, and then refuses
#   FLAT_LIGHT_OFF ("Cannot control light while cap is unparked."): to get darkness the lid has to be closed again.
# Why: a run that ends with the lid open must put the lamp out first, and "off" refused does not mean "off already".
# indi-bin 1.9.9+dfsg-2 (driver indi_flipflat 1.1, its own simulation), 2026-11-27.
set -eu

command -v indiserver >/dev/null && command -v dpkg-query >/dev/null || { echo "missing: indi-bin"; exit 77; }
version=$(dpkg-query -W -f '${Version}' indi-bin)
case $version in 1.9.9+dfsg-2*) echo "indi-bin $version" ;; *) echo "indi-bin $version is not the one seen"; exit 77 ;; esac

tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; wait; rm -rf "$tmp"' EXIT
export HOME=$tmp
port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')

get() { indi_getprop -p "$port" -t 5 -1 "Flip Flat.$1" 2>/dev/null | tail -n 1; }
put() { indi_setprop -p "$port" -t 5 "Flip Flat.$1"; }
await() {
    for _ in $(seq 60); do
        if [ "$(get "$1")" = "$2" ]; then return 0; fi
        sleep 0.2
    done
    echo "CHANGED: $1 is '$(get "$1")', expected '$2'"
    exit 1
}

indiserver -p "$port" -u "$tmp/socket" indi_flipflat 2>"$tmp/log" &
server=$!
await SIMULATION.DISABLE On
put SIMULATION.ENABLE=On
await SIMULATION.ENABLE On
put CONNECTION.CONNECT=On
await CONNECTION.CONNECT On

put CAP_PARK.PARK=On
await Status.Cover Closed
put FLAT_LIGHT_CONTROL.FLAT_LIGHT_ON=On
await Status.Light On
put CAP_PARK.UNPARK=On
await Status.Cover Open
echo "lid open:          cover $(get Status.Cover), light $(get Status.Light)"
await Status.Light On

put FLAT_LIGHT_CONTROL.FLAT_LIGHT_OFF=On
await FLAT_LIGHT_CONTROL._STATE Alert
echo "after LIGHT_OFF:   state $(get FLAT_LIGHT_CONTROL._STATE), light $(get Status.Light)"
await FLAT_LIGHT_CONTROL.FLAT_LIGHT_ON On
await Status.Light On

put CAP_PARK.PARK=On
await Status.Cover Closed
put FLAT_LIGHT_CONTROL.FLAT_LIGHT_OFF=On
await Status.Light Off
echo "lid closed, again: state $(get FLAT_LIGHT_CONTROL._STATE), light $(get Status.Light)"
echo "as seen: an open lid keeps a lit lamp lit"
