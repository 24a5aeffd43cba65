"""`flatctl safe`: the light goes out, whatever happened before."""

from flatctl.cli.arguments import Config

EXAMPLES = ("flatctl safe rig.toml",)


def safe(config: Config) -> None:
    """Put the panel's light out, whatever happened before.

    Made for services after a crash; the cover goes where the configuration wants it.
    """
    from flatctl.app import safe as app
    from flatctl.cli.screen import Screen

    Screen().line(app.safe(config))
