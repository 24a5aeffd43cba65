#!/usr/bin/env bash
# Guess: 32-bit integers are read as their values, or divided by one fixed number (full scale) to get 0 to 1.
# Seen: each frame is stretched by its own least and greatest pixel to 0 to 65535. A flat, the same three times as bright,
#   and the same on a pedestal of 5000 give one and the same picture: level, pedestal and vignetting's depth are gone.
# Why: sums of 16-bit flats are such files; lights divided by one blow up in the darkest corner, which has become 0.
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
write(sys.argv[1] + "/short.fit", "h", 16, ramp)
write(sys.argv[1] + "/long.fit", "i", 32, ramp)
write(sys.argv[1] + "/triple.fit", "i", 32, [3 * value for value in ramp])
write(sys.argv[1] + "/pedestal.fit", "i", 32, [5000 + value for value in ramp])
PY
python3 "$tmp/write.py" "$tmp"

# statistics FILE: siril's line of statistics
statistics() {
    printf 'requires 1.0.0\nload %s\nstat\n' "$1" >"$tmp/script.ssf"
    siril-cli -d "$tmp" -s "$tmp/script.ssf" 2>&1 | sed -n 's/.*B&W layer: //p'
}

short=$(statistics short.fit)
echo "10000 to 17930 in 16 bits: $short"
case $short in *"Min: 10000.0, Max: 17930.0"*) ;; *) echo "CHANGED: expected 10000 to 17930"; exit 1 ;; esac
long=$(statistics long.fit)
case $long in *"Min: 0.0, Max: 65535.0"*) ;; *) echo "CHANGED: expected 0 to 65535, not $long"; exit 1 ;; esac
for name in long triple pedestal; do
    line=$(statistics "$name.fit")
    printf '%-26s %s\n' "$name, in 32 bits:" "$line"
    [ "$line" = "$long" ] || { echo "CHANGED: expected $long"; exit 1; }
done
echo "as seen: every 32-bit frame is stretched to its own minimum and maximum"
