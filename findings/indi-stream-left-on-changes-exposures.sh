#!/usr/bin/env bash
# Guess: an exposure asked for while a video stream runs is refused, or stops the stream, or is what was asked for.
# Seen: it is accepted and ends in Ok, EXPTIME says what was asked for, and the frame holds twice the light. Neither
#   the header nor the state of the exposure tells; only CCD_VIDEO_STREAM, Busy, does.
# Why: a live view left on in another program spoils a whole set of flats, each with a header in order.
# indi-bin 1.9.9+dfsg-2 (indi_simulator_ccd), 2026-11-27.
set -eu

command -v indiserver >/dev/null && command -v dpkg-query >/dev/null || { echo "missing: indi-bin"; exit 77; }
version=$(dpkg-query -W -f '${Version}' indi-bin)
case $version in 1.9.9+dfsg-2*) echo "indi-bin $version" ;; *) echo "indi-bin $version is not the one seen"; exit 77 ;; esac

tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; wait; rm -rf "$tmp"' EXIT
export HOME=$tmp
port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')

get() { indi_getprop -p "$port" -t 5 -1 "CCD Simulator.$1" 2>/dev/null | tail -n 1; }
put() { indi_setprop -p "$port" -t 5 "CCD Simulator.$1"; }
await() {
    for _ in $(seq 60); do
        if [ "$(get "$1")" = "$2" ]; then return 0; fi
        sleep 0.2
    done
    echo "CHANGED: $1 is '$(get "$1")', expected '$2'"
    exit 1
}

cat >"$tmp/frame.py" <<'PY'
"""Print EXPTIME and the median of a 16-bit FITS file of one HDU."""

import array
import statistics
import sys

content = open(sys.argv[1], "rb").read()
cards = [content[at : at + 80].decode("latin-1") for at in range(0, len(content), 80)]
cards = cards[: cards.index("END".ljust(80))]
header = {card[:8].strip(): card[10:].partition("/")[0].strip() for card in cards if card[8:10] == "= "}
start = -(-(len(cards) + 1) * 80 // 2880) * 2880
pixels = array.array("h", content[start : start + 2 * int(header["NAXIS1"]) * int(header["NAXIS2"])])
pixels.byteswap()
print(float(header["EXPTIME"]), int(statistics.median_low(pixels) + float(header["BZERO"])))
PY

# flat SECONDS: take one flat, and leave its EXPTIME and median in $exptime and $median
flat() {
    rm -f "$tmp"/frames/*
    put "CCD_EXPOSURE.CCD_EXPOSURE_VALUE=$1"
    for _ in $(seq 100); do
        if [ -s "$tmp/frames/flat.fits" ] && [ "$(get CCD_EXPOSURE._STATE)" = Ok ]; then break; fi
        sleep 0.2
    done
    sleep 0.5
    read -r exptime median < <(python3 "$tmp/frame.py" "$tmp/frames/flat.fits")
}

mkdir "$tmp/frames"
indiserver -p "$port" -u "$tmp/socket" indi_simulator_ccd 2>"$tmp/log" &
server=$!
await CONNECTION.CONNECT Off
put CONNECTION.CONNECT=On
await CONNECTION.CONNECT On
await SIMULATOR_SETTINGS._STATE Idle
put "SIMULATOR_SETTINGS.SIM_SKYGLOW=70"
await SIMULATOR_SETTINGS.SIM_SKYGLOW 70
put "SCOPE_INFO.FOCAL_LENGTH=500;APERTURE=100"
await SCOPE_INFO.FOCAL_LENGTH 500
put CCD_FRAME_TYPE.FRAME_FLAT=On
await CCD_FRAME_TYPE.FRAME_FLAT On
put "UPLOAD_SETTINGS.UPLOAD_DIR=$tmp/frames;UPLOAD_PREFIX=flat"
await UPLOAD_SETTINGS.UPLOAD_PREFIX flat
put UPLOAD_MODE.UPLOAD_LOCAL=On
await UPLOAD_MODE.UPLOAD_LOCAL On

flat 2
plain=$median
echo "stream off: EXPTIME $exptime, median $median"
put CCD_VIDEO_STREAM.STREAM_ON=On
await CCD_VIDEO_STREAM.STREAM_ON On
sleep 2
flat 2
states="exposure $(get CCD_EXPOSURE._STATE), stream $(get CCD_VIDEO_STREAM._STATE)"
echo "stream on:  EXPTIME $exptime, median $median; $states"
[ "$exptime" = 2.0 ] && [ "$((10 * median))" -gt "$((15 * plain))" ] ||
    { echo "CHANGED: expected EXPTIME 2.0 and more than 1.5 times the light"; exit 1; }
echo "as seen: a stream left on changes the light of an exposure, not its header"
