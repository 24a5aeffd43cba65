#!/usr/bin/env bash
# Guess: Combiner.sigma_clipping called again, as in a loop until no more is masked, goes on from what is left.
# Seen: each call reckons mean and deviation of all values, those masked before included, so the second masks nothing
#   more: a trail in one flat hides a star in the next, which a second round among the rest would have taken.
# Why: flats of the twilight sky have stars; the master keeps those that shared a pixel with something brighter.
# ccdproc 2.5.1 with astropy 8.0.2 and numpy 2.4.6, 2026-11-28.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
# the Combiner alone needs a fraction of what ccdproc asks for
"$tmp/venv/bin/pip" install --quiet --no-deps ccdproc==2.5.1 astropy==8.0.2 numpy==2.4.6 scipy==1.17.1 \
    astropy-iers-data==0.2026.11.2.0.34.55 packaging==26.4 pyerfa==2.0.1.5 PyYAML==6.0.4 ||
    { echo "cannot install ccdproc"; exit 77; }
"$tmp/venv/bin/pip" list 2>/dev/null | grep -i -E '^(ccdproc|astropy|numpy) '

cat >"$tmp/clip.py" <<'PY'
"""Fifteen flats; on one pixel one has a trail, another a star."""

import sys
import warnings

import ccdproc
import numpy as np
from astropy.nddata import CCDData

warnings.simplefilter("ignore")
TRAIL, STAR = 65535.0, 34000.0
random = np.random.default_rng(1)
flats = [CCDData(random.normal(30000, 170, (8, 8)), unit="adu") for _ in range(15)]
flats[0].data[3, 3], flats[1].data[3, 3] = TRAIL, STAR

combiner = ccdproc.Combiner(flats)
masked = []
for _ in range(3):
    combiner.sigma_clipping(low_thresh=3, high_thresh=3, func="mean", dev_func="std")
    masked.append([n for n in range(15) if combiner.data_arr.mask[n, 3, 3]])
rest = np.array([flat.data[3, 3] for flat in flats[1:]])
off = (STAR - rest.mean()) / rest.std()
print(f"masked of that pixel after each call: {masked}")
print(f"among the fourteen that are left the star is {off:.1f} deviations off")
if masked != [[0]] * 3 or off <= 3:
    sys.exit("CHANGED: the second call took the star")
print("as seen: every call starts anew")
PY
"$tmp/venv/bin/python" "$tmp/clip.py"
