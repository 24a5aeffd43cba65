#!/usr/bin/env bash
# Guess: verify_checksum() and verify_datasum() of a compressed image say 1 where the file is what it was when written.
# Seen: of a file laid out as fpack does it they say 0, "failed": they hold the sums of the plain file, which are kept for
#   funpack, against the compressed one. Of the same file opened as a table, and by opening with checksum=True, all is well.
# Why: a check of archived flats by these methods calls every fpacked one damaged, and is then switched off.
# astropy 8.0.2 with numpy 2.4.6, 2026-11-28.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet astropy==8.0.2 numpy==2.4.6 || { echo "cannot install astropy"; exit 77; }
"$tmp/venv/bin/pip" list 2>/dev/null | grep -i -E '^(astropy|numpy) '

cat >"$tmp/sums.py" <<'PY'
"""Compress a flat that has checksums, sign the compressed file, and ask whether it is sound."""

import sys
import warnings

import numpy as np
from astropy.io import fits

plain, packed = f"{sys.argv[1]}/plain.fits", f"{sys.argv[1]}/packed.fits.fz"
flat = np.random.default_rng(1).normal(30000, 180, (64, 96)).astype(np.uint16)
fits.PrimaryHDU(flat).writeto(plain, checksum=True)
with fits.open(plain) as units:
    image = fits.CompImageHDU(units[0].data, units[0].header, compression_type="RICE_1")
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(packed)
with fits.open(packed, mode="update", disable_image_compression=True) as units:
    kept = [card for card in units[1].header if card.startswith(("ZHECK", "ZDATA"))]
    units[1].add_checksum()
found = {}
for name, table in (("image", False), ("table", True)):
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with fits.open(packed, checksum=True, disable_image_compression=table) as units:
            found[name] = (units[1].verify_checksum(), units[1].verify_datasum())
    sums = len([each for each in heard if "verification failed" in str(each.message)])
    print(f"opened as {name}: verify_checksum, verify_datasum {found[name]}; warnings on opening: {sums}")
    if sums:
        sys.exit("CHANGED: opening it warns")
print(f"sums of the plain file in it: {kept}")
if found["table"] != (1, 1):
    sys.exit("CHANGED: the table's own sums are wrong")
if found["image"] != (0, 0):
    sys.exit("CHANGED: the image is no longer said to be damaged")
print("as seen: a sound compressed image is said to be damaged")
PY
"$tmp/venv/bin/python" "$tmp/sums.py" "$tmp"
