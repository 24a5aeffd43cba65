"""`flatctl safe`: the light goes out, whatever happened before."""

from flatctl.cli.arguments import Config

EXAMPLES = ("flatctl safe rig.toml",)


def safe(config: Config) -> None:
    """Switch the panel off, for example after a crash.

    Then moves the cover to `cover_at_end`. A mount that a killed run had pointed at the sky has its
    tracking switched off, or is parked, as [sky] says. For services too: see the how-to on
    unattended rigs.
    """
    from flatctl.app import safe as app
    from flatctl.cli.screen import Screen
    from flatctl.cli.talk import warn

    Screen().line(app.safe(config, lambda text: warn([text])))
