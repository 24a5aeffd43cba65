#!/usr/bin/env bash
# Guess: black levels that a DNG gives for each pixel of its 2 x 2 cell belong to the colours that the cell has there.
# Seen: where the lit area begins at an odd row and column, rawpy tells red's level as blue's and blue's as red's, and
#   leaves out a row and a column that get light; the pixels and their colours are right. From an even place all is well.
# Why: a flat's light is its level less the black one: red and blue are off by the difference, in opposite directions.
# rawpy 0.28.0 with libraw 0.22.2, 2026-11-28.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet rawpy==0.28.0 numpy==2.4.6 || { echo "cannot install rawpy"; exit 77; }
"$tmp/venv/bin/pip" list 2>/dev/null | grep -i -E '^(rawpy|numpy) '

cat >"$tmp/black.py" <<'PY'
"""Write a DNG whose cell is RGGB from the lit area's first pixel, with four black levels, and ask for them."""

import struct
import sys

import numpy as np
import rawpy

ROWS, COLS = 40, 60
BLACK = {"R": 1000, "G": 1010, "B": 1030}


def write(name, top, left):
    pixels = np.full((ROWS, COLS), 500, "<u2")
    for place, colour in enumerate("RGGB"):
        pixels[top + place // 2 : ROWS - 1 : 2, left + place % 2 : COLS - 1 : 2] = BLACK[colour] + 5000
    area = struct.pack("<4I", top, left, ROWS - 1, COLS - 1)
    black = struct.pack("<8I", 1000, 1, 1010, 1, 1010, 1, 1030, 1)
    matrix = struct.pack("<18i", *[n for k in range(9) for n in (int(k % 4 == 0), 1)])
    model = b"Maker Camera\0"
    tags = {  # tag: type, count, value
        254: (4, 1, 0), 256: (4, 1, COLS), 257: (4, 1, ROWS), 258: (3, 1, 16), 259: (3, 1, 1), 262: (3, 1, 32803),
        271: (2, 6, b"Maker\0"), 272: (2, 7, b"Camera\0"), 273: (4, 1, None), 277: (3, 1, 1), 278: (4, 1, ROWS),
        279: (4, 1, 2 * ROWS * COLS), 33421: (3, 2, 2 | 2 << 16), 33422: (1, 4, 0 | 1 << 8 | 1 << 16 | 2 << 24),
        50706: (1, 4, 1 | 4 << 8), 50708: (2, len(model), model), 50713: (3, 2, 2 | 2 << 16), 50714: (5, 4, black),
        50717: (4, 1, 16383), 50721: (10, 9, matrix), 50778: (3, 1, 21), 50829: (4, 4, area),
    }
    behind, entries = b"", b""
    start = 8 + 2 + 12 * len(tags) + 4
    size = start + sum(len(v) + len(v) % 2 for *_, v in tags.values() if isinstance(v, bytes))
    for tag, (kind, count, value) in sorted(tags.items()):
        if isinstance(value, bytes):
            value, behind = start + len(behind), behind + value + bytes(len(value) % 2)
        entries += struct.pack("<HHII", tag, kind, count, size if value is None else value)
    with open(name, "wb") as file:
        file.write(struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + bytes(4) + behind + pixels.tobytes())


told = {}
for top, left in ((4, 6), (3, 5)):
    name = f"{sys.argv[1]}/{top}.dng"
    write(name, top, left)
    with rawpy.imread(name) as raw:
        levels = dict(zip(raw.color_desc.decode()[:3], raw.black_level_per_channel))
        seen, colours = raw.raw_image_visible, raw.raw_colors_visible
        light = {c: int(np.median(seen[colours == n])) for n, c in enumerate("RGB")}
        told[top] = levels
        print(f"lit from row {top}, column {left}: {seen.shape[0]} x {seen.shape[1]} of "
              f"{ROWS - 1 - top} x {COLS - 1 - left}; black {levels}; light above it "
              f"{ {c: light[c] - levels[c] for c in light} } (5000 each)")
if told[4] != BLACK:
    sys.exit("CHANGED: from an even place the levels are others")
if told[3] != {"R": 1030, "G": 1010, "B": 1000}:
    sys.exit("CHANGED: from an odd place red and blue are no longer swapped")
print("as seen: an odd border swaps the black levels of red and blue")
PY
"$tmp/venv/bin/python" "$tmp/black.py" "$tmp"
