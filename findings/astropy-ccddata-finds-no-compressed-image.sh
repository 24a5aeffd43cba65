#!/usr/bin/env bash
# Guess: CCDData.read takes the first extension with data where the primary one has none, as it says it does; so also
#   that of a compressed file, whose image is always in an extension.
# Seen: of two files that differ in nothing but the compression it reads the plain one and fails for the other, with
#   "could not convert data to numpy array"; with hdu=1 it reads both.
# Why: a folder of flats that was compressed to save room is taken for damaged by who reads it as before.
# astropy 8.0.2 with numpy 2.4.6, 2026-11-28.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet astropy==8.0.2 numpy==2.4.6 || { echo "cannot install astropy"; exit 77; }
"$tmp/venv/bin/pip" list 2>/dev/null | grep -i -E '^(astropy|numpy) '

cat >"$tmp/read.py" <<'PY'
"""Write one flat into an extension, plain and compressed, and read both."""

import sys
import warnings

import numpy as np
from astropy import log
from astropy.io import fits
from astropy.nddata import CCDData

warnings.simplefilter("ignore")
log.setLevel("ERROR")
flat = np.random.default_rng(1).normal(30000, 180, (64, 96)).astype(np.uint16)
found = {}
for name, kind in (("plain", fits.ImageHDU), ("compressed", fits.CompImageHDU)):
    path = f"{sys.argv[1]}/{name}.fits"
    fits.HDUList([fits.PrimaryHDU(), kind(flat)]).writeto(path)
    try:
        found[name] = (CCDData.read(path, unit="adu").data == flat).all()
    except TypeError as error:
        found[name] = error
    print(f"{name}: {found[name]}; with hdu=1: {(CCDData.read(path, unit='adu', hdu=1).data == flat).all()}")
if found["plain"] is not np.True_:
    sys.exit("CHANGED: the image of an extension is no longer found")
if not isinstance(found["compressed"], TypeError):
    sys.exit("CHANGED: the compressed image is found")
print("as seen: a compressed image is found only where one says where it is")
PY
"$tmp/venv/bin/python" "$tmp/read.py" "$tmp"
