#!/usr/bin/env bash
# Guess: a 16-bit FITS image without BZERO is signed; a pixel of -5 is -5, or is cut off at 0, and all others stay.
# Seen: without a negative pixel the values are read as they are; with one, the whole frame is read 32768 higher.
# Why: a flat minus its dark, stored as signed integers, has negative pixels only sometimes (a hot pixel of the dark):
#   one frame of a set then stands half of full scale above the others, vignetting and all, and the stack is wrong.
# siril 1.0.6-1, 2026-11-27.
set -eu

command -v siril-cli >/dev/null && command -v dpkg-query >/dev/null || { echo "missing: siril"; exit 77; }
version=$(dpkg-query -W -f '${Version}' siril)
case $version in 1.0.6-1*) echo "siril $version" ;; *) echo "siril $version is not the one seen"; exit 77 ;; esac

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export HOME=$tmp

cat >"$tmp/write.py" <<'PY'
"""Write flats of 120x100 pixels, a ramp from 10000 up, as FITS files of one HDU."""

import array
import sys


def write(name, code, bitpix, pixels):
    cards = [("SIMPLE", "T"), ("BITPIX", bitpix), ("NAXIS", 2), ("NAXIS1", 120), ("NAXIS2", 100)]
    header = "".join(f"{key:8}= {value:>20}".ljust(80) for key, value in cards) + "END"
    data = array.array(code, pixels)
    data.byteswap()
    content = header.ljust(2880).encode() + data.tobytes()
    with open(name, "wb") as file:
        file.write(content + b"\0" * (-len(content) % 2880))


ramp = [10000 + 50 * (i % 120) + 20 * (i // 120) for i in range(120 * 100)]
write(sys.argv[1] + "/plain.fit", "h", 16, ramp)
write(sys.argv[1] + "/negative.fit", "h", 16, [-5, *ramp[1:]])
PY
python3 "$tmp/write.py" "$tmp"

# statistics FILE: siril's line of statistics
statistics() {
    printf 'requires 1.0.0\nload %s\nstat\n' "$1" >"$tmp/script.ssf"
    siril-cli -d "$tmp" -s "$tmp/script.ssf" 2>&1 | sed -n 's/.*B&W layer: //p'
}

plain=$(statistics plain.fit)
negative=$(statistics negative.fit)
echo "no negative pixel:    $plain"
echo "first pixel is -5:    $negative"
case $plain in *"Median: 13965."*"Min: 10000.0, Max: 17930.0"*) ;; *) echo "CHANGED: not 10000 to 17930"; exit 1 ;; esac
case $negative in *"Median: 46733."*"Min: 32763.0, Max: 50698.0"*) ;; *) echo "CHANGED: not 32763 to 50698"; exit 1 ;; esac
echo "as seen: one negative pixel lifts all others by 32768"
