"""`flatctl safe`: the light goes out, whatever happened before."""

from flatctl.cli.arguments import Config

EXAMPLES = ("flatctl safe rig.toml",)


def safe(config: Config) -> None:
    """Switch the panel off, whatever happened before.

    For after a crash, by hand or as a service; moves the cover to where the configuration says.
    """
    from flatctl.app import safe as app
    from flatctl.cli.screen import Screen

    Screen().line(app.safe(config))
