"""The console as a whole: its routes behind their guard, served until it is stopped."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Collection, Sequence
from http import HTTPStatus

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from flatctl.app.serving.jobs import Jobs
from flatctl.app.serving.rig import ServedRig
from flatctl.core.webrules import own_names
from flatctl.errors import FlatctlError
from flatctl.web.access import Access, Role
from flatctl.web.api import ROUTES, Answer, Api
from flatctl.web.guard import Application, Guard
from flatctl.web.page import Pages
from flatctl.web.problems import Refused, problem, problem_of
from flatctl.web.protocol import BoundedProtocol
from flatctl.web.watching import Watching

_GOODBYE_S = 2


def make_app(
    rigs: Sequence[ServedRig], access: Access, names: Collection[str] = ()
) -> tuple[Application, Watching]:
    """Return the console of these rigs, which goes by its own names and those given."""
    watching = Watching(rigs)
    api = Api(watching, Jobs(), access)
    pages = Pages(api)

    @contextlib.asynccontextmanager
    async def looking(_app: Starlette) -> AsyncIterator[None]:
        watching.look()
        task = asyncio.create_task(watching.keep_looking())
        try:
            yield
        finally:
            task.cancel()

    described = [
        Route(
            each.path, _with_role(api, each.role, getattr(api, each.answer)), methods=[each.method]
        )
        for each in ROUTES
    ]
    for_people = [
        Route("/", _with_role(api, Role.NOBODY, pages.page)),
        Route("/static/{name}", _with_role(api, Role.NOBODY, pages.static)),
        Route("/form/{what}", _with_role(api, Role.DRIVE, pages.form), methods=["POST"]),
    ]
    app = Starlette(
        routes=[*described, *for_people],
        lifespan=looking,
        exception_handlers={
            Refused: _refuse,
            FlatctlError: _refuse,
            HTTPException: _say_status,
            Exception: _say_internal,
        },
    )
    return Guard(app, {*own_names(socket.gethostname()), *names}), watching


def serve(
    rigs: Sequence[ServedRig],
    listening: socket.socket,
    access: Access,
    names: Collection[str] = (),
) -> None:
    """Serve until a signal comes. A run that was begun from here goes on."""
    app, watching = make_app(rigs, access, names)
    config = uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GOODBYE_S,
    )
    _Server(config, watching).run(sockets=[listening])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, watching: Watching) -> None:
        super().__init__(config)
        self._watching = watching

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let the streams end, then everything else."""
        self._watching.end()
        await super().shutdown(sockets)


def _with_role(api: Api, role: Role, answer: Answer) -> Answer:
    async def answered(request: Request) -> Application:
        if not api.may(request, role):
            if api.role_of(request) is Role.NOBODY:
                raise Refused(HTTPStatus.UNAUTHORIZED, "nobody is logged in", "log in first")
            raise Refused(HTTPStatus.FORBIDDEN, "this token may only watch", "use the other one")
        return await answer(request)

    return answered


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused | FlatctlError)
    return problem_of(error)


async def _say_status(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(HTTPStatus(error.status_code), str(error.detail))


async def _say_internal(_request: Request, error: Exception) -> Response:
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, f"internal error: {type(error).__name__}")
