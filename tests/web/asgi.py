"""Requests to the console in this very process, as raw as a server hands them on."""

import asyncio
import json
from dataclasses import dataclass, field

from flatctl.web.server import make_app

HOST = "127.0.0.1:8720"
PROGRAM = {"Content-Type": "application/json", "X-Flatctl": "1"}


@dataclass
class Answer:
    """What came back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> dict:
        return json.loads(self.body)


class Console:
    """A console of these rigs, asked one thing after the other."""

    def __init__(self, rigs, access, names=()) -> None:
        self.app, self.watching = make_app(rigs, access, names)

    def get(self, path: str, **options) -> Answer:
        return asyncio.run(self._ask("GET", path, b"", **options))

    def post(self, path: str, body: object = None, headers=None, **options) -> Answer:
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        headers = PROGRAM if headers is None else headers
        return asyncio.run(self._ask("POST", path, content, headers=headers, **options))

    async def _ask(self, method, path, body, *, headers=None, host=HOST, client="127.0.0.1"):
        path, _, query = path.partition("?")
        sent = {"Host": host, **(headers or {})}
        if host is None:
            del sent["Host"]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in sent.items()],
            "client": (client, 40000),
            "server": ("127.0.0.1", 8720),
        }
        answer = Answer()
        parts = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive():
            if parts:
                return parts.pop()
            return {"type": "http.disconnect"}

        async def send(message):
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {k.decode(): v.decode() for k, v in message["headers"]}
            else:
                answer.body += message.get("body", b"")

        await self.app(scope, receive, send)
        return answer
