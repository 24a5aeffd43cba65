#!/usr/bin/env bash
# Guess: a reader of XISF honours byteOrder="big", which the format allows for any block of data, or refuses it.
# Seen: xisf reads such a block as little-endian, without a word: a flat of 20000 to 20023 ADU becomes 8270 to 14158 and
#   its steps of 1 become steps of 256. The metadata it returns do show 'byteOrder': 'big'.
# Why: a level, a clipping test or a master from such a file is noise that looks like numbers; look at byteOrder first.
# xisf 0.9.7, 2026-11-27.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet xisf==0.9.7 numpy==2.4.6 || { echo "cannot install xisf"; exit 77; }
"$tmp/venv/bin/pip" list 2>/dev/null | grep -i -E '^(xisf|numpy) '

cat >"$tmp/order.py" <<'PY'
"""Write one flat twice, in either byte order, and read both."""

import struct
import sys

import numpy as np
from xisf import XISF

flat = np.arange(20000, 20024).reshape(4, 6)


def write(name, order, values):
    data = values.tobytes()
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<xisf version="1.0" xmlns="http://www.pixinsight.com/xisf">'
        f'<Image geometry="6:4:1" sampleFormat="UInt16" colorSpace="Gray" byteOrder="{order}" '
        f'location="attachment:1024:{len(data)}"/>'
        '<Metadata><Property id="XISF:CreatorApplication" type="String">by hand</Property></Metadata></xisf>'
    ).encode()
    head = b"XISF0100" + struct.pack("<II", len(xml), 0) + xml
    with open(name, "wb") as file:
        file.write(head.ljust(1024, b"\0") + data)


write(sys.argv[1] + "/little.xisf", "little", flat.astype("<u2"))
write(sys.argv[1] + "/big.xisf", "big", flat.astype(">u2"))
results = {}
for order in ("little", "big"):
    file = XISF(f"{sys.argv[1]}/{order}.xisf")
    results[order] = file.read_image(0)[..., 0]
    print(f"byteOrder {file.get_images_metadata()[0]['byteOrder']}: first row {results[order][0].tolist()}")
if not (results["little"] == flat).all():
    sys.exit("CHANGED: little-endian data are not what was written")
if not (results["big"] == flat.astype("<u2").byteswap()).all():
    sys.exit("CHANGED: big-endian data are no longer read as little-endian")
print("as seen: big-endian pixels are taken for little-endian ones")
PY
"$tmp/venv/bin/python" "$tmp/order.py" "$tmp"
