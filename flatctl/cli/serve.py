"""`flatctl serve`: rigs shown and controlled from a browser."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from flatctl.errors import UsageError, line_to_install

EXAMPLES = (
    "flatctl serve rig.toml",
    "flatctl serve --make-token",
    "flatctl serve rig.toml other.toml --listen 0.0.0.0:8720",
    "flatctl serve --demo",
)


def serve(
    configs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="RIG.toml...", help="The rigs' configuration files."),
    ] = None,
    *,
    listen: Annotated[
        str,
        typer.Option(metavar="HOST:PORT", help="Where it is reached; elsewhere needs tokens."),
    ] = "127.0.0.1:8720",
    make_token: Annotated[
        bool, typer.Option("--make-token", help="Make new tokens, print them and exit.")
    ] = False,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the tokens are.")
    ] = None,
    public_name: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A name of the proxy before it; may be repeated."),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Show it on the simulated rig.")] = False,
) -> None:
    """Show and control rigs in a browser, live.

    It hosts no run: runs go on without it, and it shows those that were started elsewhere.
    """
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        install = line_to_install("'flatctl[web]'")
        raise UsageError(f"serve: {missing[0]} is missing; install the extra web: {install}")
    from flatctl.outputs.aside import say
    from flatctl.web import serving

    if make_token:
        for line in serving.make_tokens(token_file, listen):
            typer.echo(line)
        return
    if demo == bool(configs):
        raise UsageError("serve: name a rig's configuration, or --demo: flatctl serve rig.toml")
    serving.serve(
        configs or [],
        listen,
        token_file=token_file,
        names=public_name or (),
        tell=say,
        demo=demo,
    )
