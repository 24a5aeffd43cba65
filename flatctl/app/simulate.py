"""`flatctl simulate`: the rig without hardware."""

from pathlib import Path

from flatctl.errors import Unreachable, UsageError


def simulate(scenario: str, port: int, ready: Path | None) -> None:
    """Serve a simulated rig until stopped."""
    from hardware_sims import scenarios
    from hardware_sims.serving import serve

    try:
        scenarios.scenario(scenario)
    except ValueError as error:
        raise UsageError(str(error)) from None
    try:
        serve(scenario, port, ready)
    except OSError as error:
        raise Unreachable(
            f"port {port}", f"can't be served: {error.strerror or error}", "choose another --port"
        ) from error
