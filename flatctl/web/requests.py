"""What the API may be asked to do: the bodies of its requests."""

import asyncio
import json
from http import HTTPStatus
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import ClientDisconnect, Request

from flatctl.web.guard import BODY_MAX_BYTES, ensure_from_program
from flatctl.web.problems import Refused

BODY_S = 5.0


class Body(BaseModel):
    """What all bodies have in common; `rig` may be left out where one rig is served."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rig: str | None = Field(default=None, max_length=200)


class RunBody(Body):
    """Begin a run, now or at dawn."""

    mode: Literal["run", "dawn"] = "run"
    filters: list[str] = Field(default=[], max_length=64)
    """Filters of the configuration; none for all."""
    count: int | None = Field(default=None, ge=1, le=10_000)
    """Flats per filter; the configuration's where absent."""


class PanelBody(Body):
    """Control the panel by hand: one of these."""

    on: Literal[True] | None = None
    off: Literal[True] | None = None
    brightness: int | None = Field(default=None, ge=0, le=1_000_000)
    """Brightness in the panel's own steps."""
    cover: Literal["open", "close"] | None = None
    for_s: float | None = Field(default=None, ge=1, le=3600)
    """The light goes out again after so many seconds; 600 where absent."""


class LoginBody(BaseModel):
    """Exchange a token for a cookie."""

    model_config = ConfigDict(extra="forbid", strict=True)

    token: str = Field(max_length=500)


class LogoutBody(BaseModel):
    """Give the cookie back."""

    model_config = ConfigDict(extra="forbid", strict=True)


_Any = TypeVar("_Any", bound=BaseModel)


async def body_of(request: Request, model: type[_Any]) -> _Any:
    """Return the body of a request from a program. Raises `Refused`, naming the field."""
    ensure_from_program(request)
    try:
        content = json.loads(await bounded(request) or b"{}")
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"])) or "body"
        raise Refused(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"{field}: {first['msg']}", field=field
        ) from None
    except (ValueError, RecursionError):
        raise Refused(
            HTTPStatus.UNPROCESSABLE_ENTITY, "the body is no JSON", field="body"
        ) from None


async def bounded(request: Request) -> bytes:
    """Return a body that is small enough. Raises `Refused`."""
    content = b""
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.stream():
                content += part
                if len(content) > BODY_MAX_BYTES:
                    raise Refused(
                        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {BODY_MAX_BYTES} bytes"
                    )
    except (ClientDisconnect, TimeoutError):
        raise Refused(HTTPStatus.BAD_REQUEST, "the request broke off") from None
    return content
