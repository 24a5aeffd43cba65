"""One look at all rigs now and then, for all who watch; and their streams of events."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager

from flatctl.app.serving.rig import ServedRig, Told, now_utc
from flatctl.app.wiring.claims_seen import ClaimsSeen
from flatctl.outputs.jsonlines import encode
from flatctl.web.guard import Message, Receive, Scope, Send

LOOK_S = 0.2
BEAT_S = 2.0
STREAMS_MAX = 16
STREAMS_OF_ONE = 8
BEHIND_MAX = 200
_STALLED_S = 15.0
_RETRY_MS = 500


class Watching:
    """The rigs, looked at for everybody; `streams` are those who are told at once."""

    def __init__(self, rigs: Sequence[ServedRig]) -> None:
        self.rigs = rigs
        self.ending = False
        self.streams: Counter[str] = Counter()
        self._claims = ClaimsSeen()
        self._changes = 0
        self._news = asyncio.Event()

    def look(self) -> None:
        """Bring what is known of all rigs up to date."""
        self._claims.look()
        for rig in self.rigs:
            rig.look(self._claims)
        # Whoever had it looked at before us told nobody.
        changes = sum(rig.changes for rig in self.rigs)
        if changes != self._changes:
            self._changes = changes
            self._tell()

    async def keep_looking(self) -> None:
        """Look again and again."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def end(self) -> None:
        """Let every stream end."""
        self.ending = True
        self._tell()

    @contextmanager
    def place(self, address: str) -> Iterator[bool]:
        """Give a stream a place inside the block; False where there is none."""
        free = self.streams.total() < STREAMS_MAX and self.streams[address] < STREAMS_OF_ONE
        if not free:
            yield False
            return
        self.streams[address] += 1
        try:
            yield True
        finally:
            self.streams[address] -= 1

    async def told(self, rig: ServedRig, last_id: str) -> AsyncIterator[str]:
        """Yield a stream's text: the state, what was missed, then whatever is told.

        It ends where its reader falls too far behind: it comes back with the id it has.
        """
        journal, _, number = last_id.rpartition("-")
        seq = int(number) if number.isdecimal() else 0
        yield f"retry: {_RETRY_MS}\n\n"
        yield self._state(rig)
        missed = rig.missed(journal, seq)
        if missed is None:
            # What the state does not hold is told as it comes, and a new page draws what there is.
            missed = [] if last_id else list(rig.told)
        journal = rig.run
        seq = rig.told[-1].seq if rig.told else 0
        for each in missed:
            yield _event(journal, each)
        changes = rig.changes
        while not self.ending:
            news = self._news
            if changes == rig.changes:
                try:
                    await asyncio.wait_for(news.wait(), BEAT_S)
                except TimeoutError:
                    yield "event: beat\ndata:\n\n"
                    continue
            if changes == rig.changes:
                continue
            changes = rig.changes
            if journal != rig.run:
                journal, seq = rig.run, 0
            fresh = [each for each in rig.told if each.seq > seq]
            if len(fresh) > BEHIND_MAX:
                return
            for each in fresh:
                seq = each.seq
                yield _event(journal, each)
            yield self._state(rig)

    def _state(self, rig: ServedRig) -> str:
        return f"event: state\ndata: {encode(rig.state(now_utc()))}\n\n"

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


class EventStream:
    """An answer that never ends by itself; one that nobody reads is closed."""

    def __init__(self, watching: Watching, rig: ServedRig, last_id: str) -> None:
        self._watching = watching
        self._rig = rig
        self._last_id = last_id

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it until either side leaves."""
        headers = [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]
        start: Message = {"type": "http.response.start", "status": 200, "headers": headers}
        await send(start)
        left = asyncio.ensure_future(_left(receive))
        try:
            async for text in self._watching.told(self._rig, self._last_id):
                body = {"type": "http.response.body", "body": text.encode(), "more_body": True}
                await asyncio.wait_for(send(body), _STALLED_S)
                if left.done():
                    return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (TimeoutError, OSError):
            return
        finally:
            left.cancel()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(journal: str, told: Told) -> str:
    name = json.dumps(told.name).strip('"')
    return f"id: {journal}-{told.seq}\nevent: {name}\ndata: {told.text}\n\n"
