#!/usr/bin/env bash
# Guess: a text that astropy writes into a header is the text it reads from there, whatever printable letters it has.
# Seen: of a text with a quote right before a slash it reads what stands before the slash; the file holds all of it, as
#   the standard has it, the quote doubled. Nothing is said, and what is cut off becomes part of the comment.
# Why: flats of 8'/f4 and 8'/f7, or of filters named so, become those of one telescope or filter.
# astropy 8.0.2 with numpy 2.4.6, 2026-11-28.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet astropy==8.0.2 numpy==2.4.6 || { echo "cannot install astropy"; exit 77; }
"$tmp/venv/bin/pip" list 2>/dev/null | grep -i -E '^(astropy|numpy) '

cat >"$tmp/text.py" <<'PY'
"""Write a text into a header, and read it from the file."""

import sys

from astropy.io import fits

WRITTEN = {"8'/f4": "8'", "8' f4": "8' f4", "8/f4": "8/f4"}
for number, (text, seen) in enumerate(WRITTEN.items()):
    path = f"{sys.argv[1]}/{number}.fits"
    fits.PrimaryHDU(header=fits.Header([("TELESCOP", text)])).writeto(path)
    with open(path, "rb") as file:
        content = file.read(2880)
    card = content[content.index(b"TELESCOP") :][:80].decode().rstrip()
    header = fits.getheader(path)
    print(f"{text!r}: in the file {card!r}; read {header['TELESCOP']!r}, comment {header.comments['TELESCOP']!r}")
    if text.replace("'", "''") not in card:
        sys.exit("CHANGED: it is not written whole")
    if header["TELESCOP"] != seen:
        sys.exit("CHANGED: it is read otherwise")
print("as seen: a text ends at a quote before a slash")
PY
"$tmp/venv/bin/python" "$tmp/text.py" "$tmp"
