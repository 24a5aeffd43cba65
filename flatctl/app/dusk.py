"""`flatctl dusk`: wait for the evening, then take the flats."""

from functools import partial

from flatctl.app.dawn import dawn

dusk = partial(dawn, twilight="dusk")
