"""The routes of the API: what is asked, by whom it may be, and what is answered."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

from markupsafe import Markup
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from flatctl.app.serving.jobs import HAND_S, Job, Jobs
from flatctl.app.serving.nights import past_run, past_runs, report
from flatctl.app.serving.rig import ServedRig, now_utc
from flatctl.core.webrules import REPORT_POLICY, Pace, is_loopback
from flatctl.outputs.charts import levels_of_flats, search_over_brightness, search_over_exposure
from flatctl.outputs.jsonlines import encode
from flatctl.outputs.metrics import Metered, metrics
from flatctl.web.access import COOKIE, SESSION_S, Access, Role
from flatctl.web.guard import Application, Receive, Scope, Send
from flatctl.web.problems import Refused, problem
from flatctl.web.requests import Body, LoginBody, LogoutBody, PanelBody, RunBody, body_of
from flatctl.web.watching import EventStream, Watching

V1 = "/api/v1"
_LOGINS = 10, 60.0
_COMMANDS = 1, 1.0
_RUNS_MAX = 100
_KEY_MAX = 100
_HTML, _SVG = "text/html", "image/svg+xml"
_SVG_NAMESPACE = "http://www.w3.org/2000/svg"
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class Api:
    """What the routes answer from."""

    def __init__(self, watching: Watching, jobs: Jobs, access: Access) -> None:
        self.watching = watching
        self.jobs = jobs
        self.access = access
        self._logins = Pace(*_LOGINS)
        self._commands = Pace(*_COMMANDS)

    # Reading

    async def rigs(self, _request: Request) -> Application:
        """Return the names of the rigs that are served."""
        return _json({"rigs": [rig.name for rig in self.watching.rigs]})

    async def state(self, request: Request) -> Application:
        """Return how a rig stands: facts with their time, and nothing that is not known."""
        rig = self.rig_of(request.query_params.get("rig"))
        return _json(rig.state(now_utc()))

    async def events(self, request: Request) -> Application:
        """Stream events: the state first, then what was missed, then what is told."""
        rig = self.rig_of(request.query_params.get("rig"))
        after = request.headers.get("last-event-id") or request.query_params.get("after", "")
        return _Placed(self.watching, request, EventStream(self.watching, rig, after))

    async def level_chart(self, request: Request) -> Application:
        """Draw the level of each flat of the set that is taken, or was taken last."""
        rig = self.rig_of(request.query_params.get("rig"))
        drawn = _level(rig)
        if drawn is None:
            raise Refused(HTTPStatus.NOT_FOUND, "there is no flat of this run yet")
        return _svg(drawn)

    async def search_chart(self, request: Request) -> Application:
        """Draw the search of the set that is taken, or was taken last."""
        rig = self.rig_of(request.query_params.get("rig"))
        drawn = _search(rig)
        if drawn is None:
            raise Refused(HTTPStatus.NOT_FOUND, "there is no trial of this run yet")
        return _svg(drawn)

    async def runs(self, request: Request) -> Application:
        """List past runs, the latest first; `before` is the run to go on from."""
        rig = self.rig_of(request.query_params.get("rig"))
        limit = request.query_params.get("limit", "20")
        if not (limit.isascii() and limit.isdecimal() and 1 <= int(limit[:9]) <= _RUNS_MAX):
            text = f"limit: a whole number from 1 to {_RUNS_MAX}"
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, text, field="limit")
        before = request.query_params.get("before", "")
        found = await asyncio.to_thread(past_runs, rig.settings, before, int(limit))
        return _json({"runs": found})

    async def run_of(self, request: Request) -> Application:
        """Return one past run."""
        rig = self.rig_of(request.query_params.get("rig"))
        found = await asyncio.to_thread(past_run, rig.settings, request.path_params["run"])
        if found is None:
            raise Refused(HTTPStatus.NOT_FOUND, "there is no run of that name")
        return _json(found)

    async def report(self, request: Request) -> Application:
        """Return the report of a past run as it is on disk."""
        rig = self.rig_of(request.query_params.get("rig"))
        content = await asyncio.to_thread(report, rig.settings, request.path_params["run"])
        if content is None:
            raise Refused(HTTPStatus.NOT_FOUND, "there is no report of a run of that name")
        headers = {"Content-Security-Policy": REPORT_POLICY}
        return Response(content, media_type="text/html", headers=headers)

    async def job(self, request: Request) -> Application:
        """Return what came of something that was asked for."""
        found = self.jobs.get(request.path_params["job"])
        if found is None:
            raise Refused(HTTPStatus.NOT_FOUND, "there is no job of that name")
        return _json(found.plain())

    async def health(self, _request: Request) -> Application:
        """Say that the console lives."""
        return _json({"ok": True})

    async def metrics(self, _request: Request) -> Application:
        """Return figures in the text format of Prometheus."""
        rigs = [
            Metered(rig.name, rig.standing, rig.teller is not None) for rig in self.watching.rigs
        ]
        return Response(metrics(rigs), media_type="text/plain; version=0.0.4")

    # Commands

    async def start(self, request: Request) -> Application:
        """Begin a run, now or at dawn."""
        body = await body_of(request, RunBody)
        rig = self.rig_of(body.rig)
        ensure_filters(rig, body.filters)
        filters = [word for name in body.filters for word in ("--filter", name)]
        count = ["--count", str(body.count)] if body.count is not None else []
        arguments = [body.mode, str(rig.config), *filters, *count]
        return await self._asked(request, self.jobs.run, rig, arguments)

    async def stop(self, request: Request) -> Application:
        """Stop whatever drives a rig: the light goes out first."""
        body = await body_of(request, Body)
        return await self._asked(request, self.jobs.stop, self.rig_of(body.rig))

    async def safe(self, request: Request) -> Application:
        """Put the light out; whatever drives the rig is stopped first."""
        body = await body_of(request, Body)
        return await self._asked(request, self.jobs.safe, self.rig_of(body.rig))

    async def panel(self, request: Request) -> Application:
        """Control the panel by hand; a light goes out by itself after a while."""
        body = await body_of(request, PanelBody)
        asked = body.model_dump(include={"on", "off", "brightness", "cover"}, exclude_none=True)
        if len(asked) != 1:
            text = "one of on, off, brightness, cover"
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, text, field="body")
        lasting = ["--for", f"{body.for_s or HAND_S:g}"]
        match asked:
            case {"on": _}:
                action = ["on", *lasting]
            case {"brightness": steps}:
                action = ["set", str(steps), *lasting]
            case {"cover": way}:
                action = [str(way)]
            case _:
                action = ["off"]
        return await self._asked(request, self.jobs.panel, self.rig_of(body.rig), action)

    async def log_in(self, request: Request) -> Application:
        """Exchange a token for a cookie."""
        body = await body_of(request, LoginBody)
        if not self._logins.allows(address_of(request), time.monotonic()):
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "too many logins", "wait a minute")
        cookie = self.access.log_in(body.token)
        if cookie is None:
            raise Refused(HTTPStatus.UNAUTHORIZED, "this token is not valid", "look it up again")
        answer = _json({"ok": True})
        self.give_cookie(request, answer, cookie, SESSION_S)
        return answer

    async def log_out(self, request: Request) -> Application:
        """Let the cookie be worth nothing any more."""
        await body_of(request, LogoutBody)
        self.access.log_out(request.cookies.get(COOKIE, ""))
        answer = _json({"ok": True})
        self.give_cookie(request, answer, "", 0)
        return answer

    # What they share

    def rig_of(self, name: str | None) -> ServedRig:
        """Return the rig of that name, or the only one. Raises `Refused`."""
        rigs = self.watching.rigs
        if name is None and len(rigs) == 1:
            return rigs[0]
        found = [rig for rig in rigs if rig.name == name]
        if not found:
            text = "rig: one of " + ", ".join(rig.name for rig in rigs)
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, text, field="rig")
        return found[0]

    def role_of(self, request: Request) -> Role:
        """Return what whoever asks may do."""
        cookie = request.cookies.get(COOKIE, "")
        return self.access.role_of(cookie, request.headers.get("authorization", ""))

    def may(self, request: Request, role: Role) -> bool:
        """Tell whether somebody may do what needs a role; figures are free on this computer."""
        direct = not any(name in request.headers for name in _FORWARDED)
        if role is Role.METRICS and direct and is_loopback(address_of(request)):
            return True
        return self.role_of(request) >= role

    async def obey(
        self, request: Request, what: Callable[..., Job], rig: ServedRig, *more: object
    ) -> Job:
        """Do what was asked for, unless that is too often. Raises `Refused`, `Busy`."""
        by = f"{self.role_of(request).name.lower()} at {address_of(request)}"
        key = request.headers.get("idempotency-key", "")[:_KEY_MAX]
        # The way into the dark is never too often.
        urgent = what in (self.jobs.stop, self.jobs.safe)
        known = self.jobs.known(rig, key)
        if known is not None:
            return known
        if not urgent and not self._commands.allows(address_of(request), time.monotonic()):
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "too many commands", "wait a second")
        return await asyncio.to_thread(what, rig, by, key, *more)

    async def _asked(
        self, request: Request, what: Callable[..., Job], rig: ServedRig, *more: object
    ) -> Application:
        job = await self.obey(request, what, rig, *more)
        answer = _json({"job": job.id, "state": job.state}, HTTPStatus.ACCEPTED)
        answer.headers["Location"] = f"{V1}/jobs/{job.id}"
        return answer

    def give_cookie(self, request: Request, answer: Response, cookie: str, age_s: int) -> None:
        """Give out a cookie that no script reads and no other site sends."""
        proto = request.headers.get("x-forwarded-proto", request.url.scheme)
        answer.set_cookie(
            COOKIE,
            cookie,
            max_age=age_s,
            path="/",
            secure=proto == "https",
            httponly=True,
            samesite="strict",
        )


def ensure_filters(rig: ServedRig, names: list[str]) -> None:
    """Refuse filters that the configuration does not know, where it names any."""
    known = rig.settings.flats.filters
    for name in names:
        if name.startswith("-") or (known is not None and name not in known):
            have = ", ".join(known or ()) or "see [flats] filters"
            text = f"filters: {name[:40]!r} is none of {have}"
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, text, field="filters")


def chart_of(rig: ServedRig) -> Markup | None:
    """Return what there is to draw of a rig: the levels of its flats, else its search."""
    return _level(rig) or _search(rig)


def _level(rig: ServedRig) -> Markup | None:
    one = rig.standing.current
    return levels_of_flats(one) if one is not None and one.captured else None


def _search(rig: ServedRig) -> Markup | None:
    one, record = rig.standing.current, rig.standing.record
    if one is None or not one.trials:
        return None
    moved = len({trial.brightness for trial in one.trials}) > 1
    return search_over_brightness(record, one) if moved else search_over_exposure(one)


def address_of(request: Request) -> str:
    """Return the address of whoever asks."""
    return request.client.host if request.client else ""


def _json(content: dict[str, object], status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(encode(content), int(status), media_type="application/json")


def _svg(drawing: object) -> Response:
    # Within a page it needs no namespace, alone it is no drawing without one.
    alone = str(drawing).replace("<svg", f'<svg xmlns="{_SVG_NAMESPACE}"', 1)
    return Response(alone, media_type=_SVG)


@dataclass(frozen=True)
class _Placed:
    """A stream, where there is a place for it."""

    watching: Watching
    request: Request
    stream: EventStream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self.watching.place(address_of(self.request)) as free:
            answer: Application = self.stream
            if not free:
                text = "too many streams are open"
                answer = problem(HTTPStatus.SERVICE_UNAVAILABLE, text, "close a page")
            await answer(scope, receive, send)


Answer = Callable[[Request], Awaitable[Application]]


@dataclass(frozen=True)
class Described:
    """A route: whoever has `role` may use it; a POST has a `body`."""

    method: str
    path: str
    answer: str
    role: Role
    kind: str = "application/json"
    body: type[BaseModel] | None = None
    query: tuple[str, ...] = ("rig",)


ROUTES = (
    Described("GET", f"{V1}/rigs", "rigs", Role.WATCH, query=()),
    Described("GET", f"{V1}/state", "state", Role.WATCH),
    Described(
        "GET",
        f"{V1}/events",
        "events",
        Role.WATCH,
        "text/event-stream",
        query=("rig", "after"),
    ),
    Described("GET", f"{V1}/chart/level", "level_chart", Role.WATCH, _SVG),
    Described("GET", f"{V1}/chart/search", "search_chart", Role.WATCH, _SVG),
    Described("GET", f"{V1}/runs", "runs", Role.WATCH, query=("rig", "before", "limit")),
    Described("GET", f"{V1}/runs/{{run}}", "run_of", Role.WATCH),
    Described("GET", f"{V1}/runs/{{run}}/report", "report", Role.WATCH, _HTML),
    Described("GET", f"{V1}/jobs/{{job}}", "job", Role.WATCH, query=()),
    Described("GET", f"{V1}/health", "health", Role.NOBODY, query=()),
    Described("GET", "/metrics", "metrics", Role.METRICS, "text/plain", query=()),
    Described("POST", f"{V1}/run", "start", Role.DRIVE, body=RunBody, query=()),
    Described("POST", f"{V1}/stop", "stop", Role.DRIVE, body=Body, query=()),
    Described("POST", f"{V1}/safe", "safe", Role.DRIVE, body=Body, query=()),
    Described("POST", f"{V1}/panel", "panel", Role.DRIVE, body=PanelBody, query=()),
    Described("POST", f"{V1}/login", "log_in", Role.NOBODY, body=LoginBody, query=()),
    Described("POST", f"{V1}/logout", "log_out", Role.NOBODY, body=LogoutBody, query=()),
)
