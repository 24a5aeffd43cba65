"""`flatctl simulate`: the rig without hardware."""

import os
from pathlib import Path

from flatctl.errors import Unreachable, UsageError
from flatctl.storage.atomic import storage_error


def simulate(
    scenario: str,
    port: int,
    ready: Path | None,
    config: Path | None,
    *,
    alpaca: bool = False,
    lan: bool = False,
) -> None:
    """Serve a simulated rig until stopped; `config` becomes the configuration that fits it.

    Raises `UsageError` for an unknown scenario, or a `config` that is another file's name,
    `Unreachable` where the port can't be had, `StorageError` where a file can't be written.
    """
    from hardware_sims.configuration import MARK
    from hardware_sims.serving import Wanted, serve

    if lan and not alpaca:
        raise UsageError("--lan is for --alpaca: INDI and the panel stay on this machine")
    wanted = Wanted(scenario, port, ready, config, alpaca=alpaca, lan=lan)
    try:
        wanted.rig()
    except ValueError as error:
        raise UsageError(str(error)) from None
    try:
        if config is not None and os.path.lexists(config) and not _begins(config, MARK):
            raise UsageError(f"{config}: exists and is no simulated rig's; name another file")
        serve(wanted)
    except OSError as error:
        if error.filename is not None:
            raise storage_error(Path(error.filename), "writing", error) from error
        raise Unreachable(
            f"port {port}", f"can't be served: {error.strerror or error}", "choose another --port"
        ) from error


def _begins(path: Path, mark: str) -> bool:
    """Tell whether a file begins with `mark`; what is no ordinary file does not."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(mark)) == mark.encode()
