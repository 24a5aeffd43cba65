#!/usr/bin/env bash
# Guess: read a file and write it again with its own metadata, as the package's example does, and it means the same.
# Seen: pixels are the same, their meaning isn't: bounds="0:65535" becomes "0:1" (white is now 1 ADU), imageType
#   "MasterFlat" is gone, and text loses its quotes: a FITS keyword FILTER = '1' (a name) becomes the number 1.
# Why: the copy of a master flat is no master for PixInsight, and is taken for a frame 65535 times over-exposed.
# xisf 0.9.7, 2026-11-27.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet xisf==0.9.7 numpy==2.4.6 || { echo "cannot install xisf"; exit 77; }
"$tmp/venv/bin/pip" list 2>/dev/null | grep -i -E '^(xisf|numpy) '

cat >"$tmp/copy.py" <<'PY'
"""A master flat in ADU as floats, with its bounds told, read and written by the package."""

import re
import struct
import sys

import numpy as np
from xisf import XISF

flat = np.linspace(20000, 40000, 24, dtype="<f4")
xml = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<xisf version="1.0" xmlns="http://www.pixinsight.com/xisf">'
    '<Image geometry="6:4:1" sampleFormat="Float32" bounds="0:65535" colorSpace="Gray" imageType="MasterFlat" '
    f'location="attachment:2048:{flat.nbytes}">'
    '<FITSKeyword name="FILTER" value="\'1\'" comment="a name"/>'
    '<FITSKeyword name="GAIN" value="100" comment="a number"/></Image>'
    '<Metadata><Property id="XISF:CreatorApplication" type="String">by hand</Property></Metadata></xisf>'
).encode()
original, copy = sys.argv[1] + "/original.xisf", sys.argv[1] + "/copy.xisf"
with open(original, "wb") as file:
    file.write((b"XISF0100" + struct.pack("<II", len(xml), 0) + xml).ljust(2048, b"\0") + flat.tobytes())

source = XISF(original)
XISF.write(
    copy,
    source.read_image(0),
    image_metadata=source.get_images_metadata()[0],
    xisf_metadata=source.get_file_metadata(),
)
if not (XISF(copy).read_image(0) == source.read_image(0)).all():
    sys.exit("CHANGED: the pixels differ")


def told(name):
    """What the raw XML of the file says."""
    text = open(name, "rb").read()[16:2048].decode("utf-8", "replace")
    image = re.search(r"<Image [^>]*>", text)[0]
    attributes = dict(re.findall(r'(\w+)="([^"]*)"', image))
    keywords = dict(re.findall(r'<FITSKeyword name="(\w+)" value="([^"]*)"', text))
    return attributes.get("bounds"), attributes.get("imageType"), keywords["FILTER"], keywords["GAIN"]


print("original: bounds, imageType, FILTER, GAIN =", told(original))
print("copy:     bounds, imageType, FILTER, GAIN =", told(copy))
if told(original) != ("0:65535", "MasterFlat", "'1'", "100") or told(copy) != ("0:1", None, "1", "100"):
    sys.exit("CHANGED: expected bounds 0:1, no imageType and FILTER without quotes in the copy")
print("as seen: the copy has the same pixels and another meaning")
PY
"$tmp/venv/bin/python" "$tmp/copy.py" "$tmp"
