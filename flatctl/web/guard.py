"""What stands before every route: Host, Origin, and the headers that no answer goes without."""

from collections.abc import Awaitable, Callable, Collection, MutableMapping
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request

from flatctl.core.webrules import COMMON_HEADERS, PAGE_POLICY, is_host_known, is_own_origin
from flatctl.web.problems import Refused, problem_of

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_MAX_BYTES = 8192
_READ = ("GET", "HEAD")


class Guard:
    """Let through to `app` what was meant for this computer, of these `names`."""

    def __init__(self, app: Application, names: Collection[str]) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in COMMON_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", PAGE_POLICY)
            await send(message)

        refused = self._refusal(scope)
        if refused is not None:
            await problem_of(refused)(scope, receive, send_guarded)
        else:
            await self._app(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> Refused | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        reached_at = str((scope.get("server") or ("",))[0])
        if len(hosts) != 1 or not is_host_known(hosts[0], self._names, reached_at):
            return Refused(
                HTTPStatus.BAD_REQUEST,
                "this server does not go by the name in Host",
                "use its own name or address, or begin it with --public-name NAME",
            )
        if scope["method"] not in _READ:
            return _of_other_origin(headers, hosts[0])
        return None


def _of_other_origin(headers: Headers, host: str) -> Refused | None:
    """Return why a request that changes something may not come from where it does."""
    site = headers.get("sec-fetch-site", "same-origin")
    origin = headers.get("origin")
    if site in ("same-origin", "none") and (origin is None or is_own_origin(origin, host)):
        return None
    return Refused(HTTPStatus.FORBIDDEN, "a page of another origin asked for this")


def ensure_from_program(request: Request) -> None:
    """Refuse what a form of any page could send. Raises `Refused`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body is not JSON", "send application/json"
        )
    if request.headers.get("x-flatctl") != "1":
        raise Refused(HTTPStatus.FORBIDDEN, "the header X-Flatctl is missing", "send X-Flatctl: 1")
