#!/usr/bin/env bash
# Guess: a goto of one degree moves a telescope by one degree; its way is the short arc between both places.
# Seen: INDI's telescope simulator, a German mount as it is by default, sent from 0.6 degrees east of the meridian to
#   0.6 west at declination +20, goes over the pole: to declination +86 and more, and hours of hour angle aside.
# Why: flats of the twilight sky are taken within reach of the Sun; who checks only the short arc may sweep past it.
# indi-bin 1.9.9+dfsg-2 (driver indi_simulator_telescope), 2026-11-28.
set -eu

command -v indiserver >/dev/null && command -v dpkg-query >/dev/null || { echo "missing: indi-bin"; exit 77; }
version=$(dpkg-query -W -f '${Version}' indi-bin)
case $version in 1.9.9+dfsg-2*) echo "indi-bin $version" ;; *) echo "indi-bin $version is not the one seen"; exit 77 ;; esac

tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; wait; rm -rf "$tmp"' EXIT
export HOME=$tmp
port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')

get() { indi_getprop -p "$port" -t 5 -1 "Telescope Simulator.$1" 2>/dev/null | tail -n 1; }
put() { indi_setprop -p "$port" -t 5 "Telescope Simulator.$1"; }
await() {
    for _ in $(seq 60); do
        if [ "$(get "$1")" = "$2" ]; then return 0; fi
        sleep 0.2
    done
    echo "CHANGED: $1 is '$(get "$1")', expected '$2'"
    exit 1
}
right_ascension() {  # of an hour angle in hours, at a place on the meridian of Greenwich
    python3 -c '
import sys, time
days = time.time() / 86400 - 10957.5
print((18.697374558 + 24.06570982441908 * days - float(sys.argv[1])) % 24)' "$1"
}
goto() {  # its way goes to the file way: right ascension and declination, one place a line
    put "EQUATORIAL_EOD_COORD.RA;DEC=$(right_ascension "$1");20"
    await EQUATORIAL_EOD_COORD._STATE Busy
    : >"$tmp/way"
    while [ "$(get EQUATORIAL_EOD_COORD._STATE)" = Busy ]; do
        echo "$(get EQUATORIAL_EOD_COORD.RA) $(get EQUATORIAL_EOD_COORD.DEC)" >>"$tmp/way"
    done
}

indiserver -p "$port" -u "$tmp/socket" indi_simulator_telescope 2>"$tmp/log" &
server=$!
await CONNECTION.CONNECT Off
put CONNECTION.CONNECT=On
await CONNECTION.CONNECT On
put 'GEOGRAPHIC_COORD.LAT;LONG;ELEV=50;0;0'
put TELESCOPE_PARK.UNPARK=On
put ON_COORD_SET.TRACK=On

goto -0.04
echo "east of the meridian:  right ascension $(get EQUATORIAL_EOD_COORD.RA), declination $(get EQUATORIAL_EOD_COORD.DEC)"
goto 0.04
echo "west of the meridian:  right ascension $(get EQUATORIAL_EOD_COORD.RA), declination $(get EQUATORIAL_EOD_COORD.DEC)"
python3 - "$tmp/way" "$(get EQUATORIAL_EOD_COORD.RA)" <<'P'
import sys

way = [tuple(map(float, line.split())) for line in open(sys.argv[1])]
highest = max(dec for _, dec in way)
aside_h = max(abs((ra - float(sys.argv[2]) + 12) % 24 - 12) for ra, dec in way if dec < 60)
print(f"on the way:            declination up to {highest:.0f}, below +60 up to {aside_h:.1f} h aside")
if highest < 80 or aside_h < 2:
    sys.exit("CHANGED: it went the short way")
P
echo "as seen: one degree across the meridian leads over the pole"
