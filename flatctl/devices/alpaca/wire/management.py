"""Ask an Alpaca server for what it says of itself, such as which devices it has."""

from __future__ import annotations

from typing import Any

from flatctl.devices.alpaca.wire.answers import Answer
from flatctl.devices.alpaca.wire.connection import Connection
from flatctl.devices.alpaca.wire.refusals import refusal
from flatctl.devices.alpaca.wire.requests import (
    JSON_KINDS,
    LONGEST_ANSWER_BYTES,
    next_transaction,
    refused,
    request,
)
from flatctl.devices.deadline import Deadline
from flatctl.errors import BadReply
from flatctl.settings.alpaca import AlpacaUrl


def fetch_json(host: str, port: int, path: str, timeout_s: float) -> Any:
    """Return the `Value` of a path of a server's own, such as what devices it has.

    Raises `DeviceError` as a client does.
    """
    server = AlpacaUrl(host, port, "", 0)
    connection = Connection(server.place, host, port)
    try:
        sent = request("GET", server, path, {}, next_transaction(), "application/json")
        reply = connection.ask(sent, Deadline(timeout_s))
        if reply.status != 200:
            raise refused(server.place, "GET", path, reply)
        if reply.kind not in JSON_KINDS:
            raise ValueError(f"with {reply.kind[:40]}")
        answer = Answer(reply.read(LONGEST_ANSWER_BYTES))
        if answer.number:
            raise refusal(server.place, path, answer.number, answer.text)
    except ValueError as error:
        what = f"answered {error}"
        raise BadReply(server.place, what, "is that the port of an Alpaca server?") from None
    finally:
        connection.close()
    return answer.value
