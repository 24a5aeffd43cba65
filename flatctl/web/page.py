"""The page, for people: it works without a script, for reading and for the way into the dark."""

import secrets
import urllib.parse
from http import HTTPStatus
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from flatctl.app.serving.nights import past_runs
from flatctl.app.serving.rig import now_utc
from flatctl.core.webrules import same_secret
from flatctl.errors import FlatctlError
from flatctl.outputs.pages import render
from flatctl.web.access import Role
from flatctl.web.api import Api, chart_of
from flatctl.web.guard import Application
from flatctl.web.problems import Refused
from flatctl.web.requests import bounded

_SHOWN_RUNS = 7
_AGE_MAX_S = 10
STATIC = {"console.css": "text/css", "console.js": "text/javascript"}


class Pages:
    """HTML for people; the forms of a page carry a key that no other site can know."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._key = secrets.token_urlsafe(16)

    async def page(self, request: Request) -> Application:
        """Return the page of a rig, or the login."""
        role = self._api.role_of(request)
        if role < Role.WATCH:
            return _html(render("login.html"), HTTPStatus.UNAUTHORIZED)
        rig = self._api.rig_of(request.query_params.get("rig") or self._api.watching.rigs[0].name)
        try:
            nights = past_runs(rig.settings, "", _SHOWN_RUNS)
        except FlatctlError:
            nights = []
        filters = rig.settings.flats.filters or ()
        page = render(
            "console.html",
            rig=rig.name,
            rigs=[each.name for each in self._api.watching.rigs],
            state=rig.state(now_utc()),
            night="night" in request.query_params,
            chart=chart_of(rig),
            nights=nights,
            filters=filters,
            key=self._key,
            may_drive=role >= Role.DRIVE,
            must_log_in=not self._api.access.open,
            old_s=_AGE_MAX_S,
        )
        return _html(page)

    async def static(self, request: Request) -> Application:
        """Return the script or the styles."""
        name = request.path_params["name"]
        if name not in STATIC:
            raise Refused(HTTPStatus.NOT_FOUND, "there is nothing here")
        return Response(asset(name), media_type=STATIC[name])

    async def form(self, request: Request) -> Application:
        """Stop, or put the light out, for a page without a script."""
        given = urllib.parse.parse_qs((await bounded(request)).decode("utf-8", "replace"))
        if not same_secret(given.get("key", [""])[0], self._key):
            raise Refused(HTTPStatus.FORBIDDEN, "this page is too old", "load it again")
        rig = self._api.rig_of(given.get("rig", [""])[0])
        wanted = {"stop": self._api.jobs.stop, "safe": self._api.jobs.safe}
        what = wanted.get(request.path_params["what"])
        if what is None:
            raise Refused(HTTPStatus.NOT_FOUND, "there is nothing here")
        await self._api.obey(request, what, rig)
        where = urllib.parse.urlencode({"rig": rig.name})
        return RedirectResponse(f"/?{where}", HTTPStatus.SEE_OTHER)


def asset(name: str) -> bytes:
    """Return a file of the page; the styles are the colours of all pages, and those of this one."""
    folder = files("flatctl.outputs") / "templates"
    parts = ("tokens.css", "charts.css", name) if name.endswith(".css") else (name,)
    return b"".join(folder.joinpath(part).read_bytes() for part in parts)


def _html(page: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(page, int(status), media_type="text/html")
