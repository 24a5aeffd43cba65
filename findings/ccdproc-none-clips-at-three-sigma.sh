#!/usr/bin/env bash
# Guess: Combiner.sigma_clipping(low_thresh=None, high_thresh=5) rejects nothing below, as its documentation says.
# Seen: values 3 sigma below are rejected all the same: None reaches astropy's sigma_clip, where it means the default of 3.
# Why: flats of the twilight sky are clipped from above alone, to lose stars and no sky; the master loses dim values too,
#   and comes out brighter than the mean of what should have stayed.
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
"""Forty flats of pure noise, clipped from above only."""

import sys
import warnings

import ccdproc
import numpy as np
from astropy.nddata import CCDData

warnings.simplefilter("ignore")
LEVEL_ADU, NOISE_ADU = 30000, 170
random = np.random.default_rng(1)
flats = [CCDData(random.normal(LEVEL_ADU, NOISE_ADU, (200, 200)), unit="adu") for _ in range(40)]

combiner = ccdproc.Combiner(flats)
combiner.sigma_clipping(low_thresh=None, high_thresh=5, func="mean", dev_func="std")
gone = combiner.data_arr.data[combiner.data_arr.mask]
below = int((gone < LEVEL_ADU).sum())
print(f"rejected from above at 5 sigma: {gone.size - below}; from below, where nothing was to go: {below}")
if not below:
    sys.exit("CHANGED: nothing was rejected below")
print("as seen: None clips at 3 sigma")
PY
"$tmp/venv/bin/python" "$tmp/clip.py"
