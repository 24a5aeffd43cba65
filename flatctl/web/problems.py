"""Errors as the API says them: what happened, where, and what to do (RFC 9457)."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import Response

from flatctl.errors import Busy, ConfigError, DeviceError, FlatctlError, UsageError


class Refused(Exception):
    """A request is not obeyed: status, what is wrong with it, and what to do instead."""

    def __init__(self, status: HTTPStatus, detail: str, mend: str = "", **more: object) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.mend = mend
        self.more = more


def problem(
    status: HTTPStatus,
    detail: str,
    mend: str = "",
    more: Mapping[str, object] | None = None,
) -> Response:
    """Return an answer of `application/problem+json`."""
    content = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "mend": mend,
        **(more or {}),
    }
    return Response(json.dumps(content), int(status), media_type="application/problem+json")


def problem_of(error: Refused | FlatctlError) -> Response:
    """Return what an error of ours says, with its remedy apart."""
    if isinstance(error, Refused):
        return problem(error.status, error.detail, error.mend, error.more)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    if isinstance(error, Busy):
        status = HTTPStatus.CONFLICT
    elif isinstance(error, UsageError | ConfigError):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    elif isinstance(error, DeviceError):
        status = HTTPStatus.BAD_GATEWAY
    if isinstance(error, DeviceError):
        return problem(status, f"{error.device}: {error.what}", error.remedy)
    return problem(status, str(error))
