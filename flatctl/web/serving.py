"""`flatctl serve`: where the console listens, whom it lets in, and the rigs that it shows."""

import socket
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from flatctl.app.demo import served_demo
from flatctl.app.serving.rig import ServedRig
from flatctl.core.webrules import host_name, is_loopback
from flatctl.errors import ConfigError, UsageError
from flatctl.web import access
from flatctl.web.server import serve as serve_app

_PORT_MAX = 65535


def make_tokens(token_file: Path | None, listen: str) -> Iterator[str]:
    """Write new tokens and yield what to do with them, line by line."""
    path = token_file or access.usual_token_file()
    made = access.make_tokens(path)
    host, port = parse_listen(listen)
    host = socket.gethostname() if is_loopback(host) or host in ("0.0.0.0", "::") else host
    shown = f"[{host}]" if ":" in host else host
    yield f"tokens   {path}"
    yield f"drive    http://{shown}:{port}/#{made['drive']}"
    yield f"watch    http://{shown}:{port}/#{made['watch']}"
    yield f"metrics  {made['metrics']}"


def serve(
    configs: Sequence[Path],
    listen: str,
    *,
    token_file: Path | None = None,
    names: Collection[str] = (),
    tell: Callable[[str], None],
    demo: bool = False,
) -> None:
    """Serve the console of these rigs until a signal comes.

    Raises `UsageError` where the address can't be had, or two rigs go by one name; `ConfigError`
    for a configuration or a token file that is not right.
    """
    host, port = parse_listen(listen)
    guarded = _access(host, token_file)
    for name in names:
        if host_name(name) != name.lower():
            raise UsageError(f"--public-name {name}: a host's name, without scheme, port and path")
    with ExitStack() as held:
        if demo:
            configs = [held.enter_context(served_demo())]
        rigs = [ServedRig.of(config) for config in configs]
        twice = {rig.name for rig in rigs if sum(rig.name == each.name for each in rigs) > 1}
        if twice:
            raise UsageError(
                f"serve: two rigs are called {min(twice)!r}; give each its own name in [rig]"
            )
        listening = held.enter_context(_listening(host, port))
        shown = f"[{host}]" if ":" in host else host
        tell(f"http://{shown}:{listening.getsockname()[1]}/ shows {_listed(rigs)}; Ctrl-C ends it")
        if guarded.open:
            tell("whoever uses this computer may control them: flatctl serve --make-token")
        serve_app(rigs, listening, guarded, [name.lower() for name in names])


def parse_listen(text: str) -> tuple[str, int]:
    """Return host and port of e.g. `0.0.0.0:8720` or `[::1]:8720`. Raises `UsageError`."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or "0.0.0.0"
    if not colon or not (port.isascii() and port.isdecimal()) or int(port) > _PORT_MAX:
        raise UsageError(f"--listen {text}: HOST:PORT, e.g. 127.0.0.1:8720")
    return host, int(port)


def _access(host: str, token_file: Path | None) -> access.Access:
    usual = access.usual_token_file()
    if token_file is None and usual.exists():
        token_file = usual
    if token_file is None and not is_loopback(host):
        raise ConfigError(
            f"--listen {host}: other computers reach it there, and there are no tokens; "
            "make them first: flatctl serve --make-token"
        )
    return access.Access(token_file)


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=128
        )
    except OSError as error:
        what = error.strerror or error
        raise UsageError(f"--listen {host}:{port}: {what}; choose another port") from error


def _listed(rigs: Sequence[ServedRig]) -> str:
    return ", ".join(rig.name for rig in rigs)
