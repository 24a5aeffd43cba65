#!/usr/bin/env bash
# Guess: after open_file, as after libraw's own, ISO and exposure are there, and unpack() reads the pixels when asked.
# Seen: RawPy.other (ISO, shutter, aperture) unpacks all pixels first: of a file whose pixels are cut off it raises, and
#   unpack() after it is refused as out of order. RawPy.sizes does neither.
# Why: a look at the settings of a season's thousand raw lights takes minutes instead of a second, and fails for some.
# rawpy 0.28.0 with libraw 0.22.2, 2026-11-28.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet rawpy==0.28.0 numpy==2.4.6 || { echo "cannot install rawpy"; exit 77; }
"$tmp/venv/bin/pip" list 2>/dev/null | grep -i -E '^(rawpy|numpy) '

cat >"$tmp/other.py" <<'PY'
"""Write a DNG of 24 megapixels, whole and cut short, and ask for its size and for what was set."""

import struct
import sys
import time

import numpy as np
import rawpy

ROWS, COLS = 4000, 6000
matrix = struct.pack("<18i", *[n for k in range(9) for n in (int(k % 4 == 0), 1)])
tags = {  # tag: type, count, value
    254: (4, 1, 0), 256: (4, 1, COLS), 257: (4, 1, ROWS), 258: (3, 1, 16), 259: (3, 1, 1), 262: (3, 1, 32803),
    271: (2, 6, b"Maker\0"), 272: (2, 7, b"Camera\0"), 273: (4, 1, None), 277: (3, 1, 1), 278: (4, 1, ROWS),
    279: (4, 1, 2 * ROWS * COLS), 33421: (3, 2, 2 | 2 << 16), 33422: (1, 4, 0 | 1 << 8 | 1 << 16 | 2 << 24),
    33434: (5, 1, struct.pack("<2I", 1, 40)), 50706: (1, 4, 1 | 4 << 8),
    50708: (2, 13, b"Maker Camera\0"), 50717: (4, 1, 16383), 50721: (10, 9, matrix), 50778: (3, 1, 21),
}
behind, entries = b"", b""
start = 8 + 2 + 12 * len(tags) + 4
size = start + sum(len(v) + len(v) % 2 for *_, v in tags.values() if isinstance(v, bytes))
for tag, (kind, count, value) in sorted(tags.items()):
    if isinstance(value, bytes):
        value, behind = start + len(behind), behind + value + bytes(len(value) % 2)
    entries += struct.pack("<HHII", tag, kind, count, size if value is None else value)
head = struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + bytes(4) + behind
pixels = np.random.default_rng(1).integers(1000, 15000, (ROWS, COLS), dtype="<u2").tobytes()
for name, data in (("whole", pixels), ("cut", pixels[:1000])):
    with open(f"{sys.argv[1]}/{name}.dng", "wb") as file:
        file.write(head + data)


def asked(name, what):
    raw = rawpy.RawPy()
    raw.open_file(f"{sys.argv[1]}/{name}.dng")
    begun = time.perf_counter()
    try:
        answer = getattr(raw, what)
    except rawpy.LibRawError as error:
        answer = error
    took = time.perf_counter() - begun
    try:
        raw.unpack()
        then = "unpacks"
    except rawpy.LibRawError as error:
        then = type(error).__name__
    print(f"{name}: {what} in {1000 * took:.1f} ms: {str(answer)[:60]}; then unpack(): {then}")
    return answer, then


size, afterwards = asked("whole", "sizes")
other, then = asked("whole", "other")
cut, _ = asked("cut", "other")
if afterwards != "unpacks" or size.width != COLS:
    sys.exit("CHANGED: the sizes cost the pixels as well")
if round(other.shutter_speed, 3) != 0.025 or then != "LibRawOutOfOrderCallError" or not isinstance(cut, rawpy.LibRawError):
    sys.exit("CHANGED: what was set is told without the pixels")
print("as seen: what was set is told only after all pixels are read")
PY
"$tmp/venv/bin/python" "$tmp/other.py" "$tmp" 2>"$tmp/said" || { cat "$tmp/said" >&2; exit 1; }
