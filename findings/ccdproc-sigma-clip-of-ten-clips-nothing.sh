#!/usr/bin/env bash
# Guess: sigma_clip=True takes a cosmic ray, or a satellite, out of any stack of three flats or more.
# Seen: by its defaults (3 deviations from the mean) it takes nothing from ten frames or fewer: of n values none is
#   further than (n-1)/sqrt(n) deviations from their mean. With a median it begins at eight; with a median and mad_std at three.
# Why: the usual set has 5 to 10 flats; the master holds 1/n of every hit, and is called sigma clipped.
# ccdproc 2.5.1 with astropy 8.0.2 and numpy 2.4.6, 2026-11-27.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
# combine() alone needs a fraction of what ccdproc asks for
"$tmp/venv/bin/pip" install --quiet --no-deps ccdproc==2.5.1 astropy==8.0.2 numpy==2.4.6 scipy==1.17.1 \
    astropy-iers-data==0.2026.11.2.0.34.55 packaging==26.4 pyerfa==2.0.1.5 PyYAML==6.0.4 ||
    { echo "cannot install ccdproc"; exit 77; }
"$tmp/venv/bin/pip" list 2>/dev/null | grep -i -E '^(ccdproc|astropy|numpy) '

cat >"$tmp/clip.py" <<'PY'
"""One pixel of one flat is saturated; which stacks of flats are rid of it?"""

import sys
import warnings

import ccdproc
import numpy as np
from astropy.nddata import CCDData
from astropy.stats import mad_std

warnings.simplefilter("ignore")
LEVEL, HIT = 30000, 65535
random = np.random.default_rng(1)


def hit_left(frames, **options):
    """Whether the combined flat still shows the hit (which is worth 1/n of 35535 ADU)."""
    flats = [CCDData(random.poisson(LEVEL, (8, 8)).astype(float), unit="adu") for _ in range(frames)]
    flats[0].data[3, 3] = HIT
    combined = ccdproc.combine(flats, method="average", sigma_clip=True, **options)
    return bool(combined.data[3, 3] - LEVEL > (HIT - LEVEL) / frames / 2)


WAYS = {
    "defaults": {},
    "median": {"sigma_clip_func": np.ma.median},
    "median and mad_std": {"sigma_clip_func": np.ma.median, "sigma_clip_dev_func": mad_std},
}
EXPECTED = {"defaults": list(range(3, 11)), "median": list(range(3, 8)), "median and mad_std": []}
seen = {}
for way, options in WAYS.items():
    seen[way] = [frames for frames in range(3, 15) if hit_left(frames, **options)]
    print(f"{way}: of stacks of 3 to 14 the hit stays in {seen[way]}")
if seen != EXPECTED:
    sys.exit(f"CHANGED: expected {EXPECTED}")
print("as seen: up to ten frames nothing is clipped")
PY
"$tmp/venv/bin/python" "$tmp/clip.py"
