"""Ask and order one Alpaca device, each call within a time-out (ASCOM Alpaca API, version 12)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from flatctl.devices.alpaca.wire import answers
from flatctl.devices.alpaca.wire.connection import Broken, Connection, Reply
from flatctl.devices.alpaca.wire.refusals import (
    NOT_CONNECTED,
    AlpacaFault,
    Lacking,
    refusal,
)
from flatctl.devices.alpaca.wire.requests import (
    JSON_KINDS,
    LONGEST_ANSWER_BYTES,
    LONGEST_WORDS_BYTES,
    Scalar,
    asked_for,
    check_transaction,
    next_transaction,
    refused,
    request,
    shape,
)
from flatctl.devices.alpaca.wire.trace import Trace
from flatctl.devices.deadline import Deadline
from flatctl.errors import BadReply, DeviceError, NoReply, Unreachable
from flatctl.settings.alpaca import AlpacaUrl

T = TypeVar("T")

# From these interfaces on devices connect without keeping their caller waiting (Platform 7).
_CONNECTS_BESIDE = {
    "camera": 4,
    "covercalibrator": 2,
    "dome": 3,
    "filterwheel": 3,
    "focuser": 4,
    "rotator": 4,
    "safetymonitor": 3,
    "telescope": 4,
}
_ORDERED_FRAC = 0.8  # of the time to connect; the rest is for looking whether it has come about
_LOOK_EVERY_S = 0.05
_GRACE_S = 1.0


class AlpacaClient:
    """One device, with a connection of its own: no device ever waits for another one.

    Made without reaching anything; used from any thread, one call at a time. Where the device says
    that it is not connected it is, and asked again, unless `connects` is false: mounts and domes
    may move by it. All calls raise `Unreachable` (`NoReply` once it was reached by `connect`),
    `NoReply` where no answer comes in time, `BadReply` for none of Alpaca's, `AlpacaFault` for an
    error of the device's own, and `Lacking` for what it has not.
    """

    def __init__(self, url: AlpacaUrl, *, connects: bool = True) -> None:
        self.url = url
        self.name = str(url)
        self.connects = connects
        self._connection = Connection(self.name, url.host, url.port)
        # One that its own thread may take again: a signal may come while it is taken or given.
        self._turn = threading.RLock()
        self._trace = Trace(self.name)
        self._was_reached = False
        self._version: int | None = None

    def whole(self, member: str, timeout_s: float, **query: Scalar) -> int:
        """Ask for a whole number."""
        return self._asked(member, timeout_s, answers.whole, query)

    def number(self, member: str, timeout_s: float, **query: Scalar) -> float:
        """Ask for a finite number."""
        return self._asked(member, timeout_s, answers.number, query)

    def truth(self, member: str, timeout_s: float, **query: Scalar) -> bool:
        """Ask whether something is so."""
        return self._asked(member, timeout_s, answers.truth, query)

    def text(self, member: str, timeout_s: float, **query: Scalar) -> str:
        """Ask for a text, which comes in one line of bounded length."""
        return self._asked(member, timeout_s, answers.text, query)

    def texts(self, member: str, timeout_s: float, **query: Scalar) -> tuple[str, ...]:
        """Ask for a list of texts."""
        return self._asked(member, timeout_s, answers.texts, query)

    def put(self, member: str, timeout_s: float, **form: Scalar) -> None:
        """Order something; the keys of `form` are written as the API has them.

        It is sent once: after `NoReply` and `Broken` nobody knows whether it was carried out.
        """
        self._connecting(timeout_s, lambda left_s: self._order(member, left_s, form))

    def interface(self, timeout_s: float) -> int:
        """Return the version of its interface, asked for once after each `connect`."""
        if self._version is None:
            try:
                self._version = self._ask("interfaceversion", timeout_s, answers.whole)
            except Lacking:
                self._version = 1
        return self._version

    def connect(self, timeout_s: float) -> None:
        """Reach the device, and have it connect to its hardware if it has not.

        Raises `Unreachable` where there is none, `AlpacaFault` where it does not connect.
        """
        self._was_reached, self._version = False, None
        self._join(Deadline(timeout_s))
        self._was_reached = True

    @contextmanager
    def reply(self, member: str, timeout_s: float, accept: str) -> Iterator[tuple[Reply, int]]:
        """Ask for something long, and give its answer to be read, and the number of the question.

        It is asked for once.
        """
        with self._have_turn(timeout_s) as deadline, self._noting("GET", member):
            reply, question = self._sent("GET", member, {}, deadline, fresh=True, accept=accept)
            yield reply, question
            self._trace.answered(member, reply.kind, timeout_s - deadline.left_s)

    def close(self) -> None:
        """Hang up; the device stays as it is, connected and all."""
        with self._turn:
            self._connection.close()

    def _asked(
        self, member: str, timeout_s: float, take: Callable[[Any], T], query: dict[str, Scalar]
    ) -> T:
        return self._connecting(timeout_s, lambda left_s: self._ask(member, left_s, take, query))

    def _connecting(self, timeout_s: float, do: Callable[[float], T]) -> T:
        """Do something, and once more where the device first has to be connected."""
        deadline = Deadline(timeout_s)
        try:
            return do(timeout_s)
        except AlpacaFault as error:
            if error.number != NOT_CONNECTED or not self.connects:
                raise
        self._join(deadline)
        return do(deadline.left_s)

    def _ask(
        self,
        member: str,
        timeout_s: float,
        take: Callable[[Any], T],
        query: dict[str, Scalar] | None = None,
    ) -> T:
        with self._have_turn(timeout_s) as deadline, self._noting("GET", member):
            try:
                answer = self._exchange("GET", member, query or {}, deadline)
            except Broken:
                # The server may have been about to close the connection: nothing was changed by it.
                answer = self._exchange("GET", member, query or {}, deadline, fresh=True)
            with self._judging("GET", member):
                value = take(answer.value)
            self._trace.answered(member, value, timeout_s - deadline.left_s)
            return value

    def _order(self, member: str, timeout_s: float, form: dict[str, Scalar]) -> None:
        with self._have_turn(timeout_s) as deadline, self._noting("PUT", member):
            self._trace.ordered(member, {key: shape(value) for key, value in form.items()})
            self._exchange("PUT", member, form, deadline, fresh=True)
            self._trace.obeyed(member)

    def _exchange(
        self,
        method: str,
        member: str,
        values: dict[str, Scalar],
        deadline: Deadline,
        *,
        fresh: bool = False,
    ) -> answers.Answer:
        reply, transaction = self._sent(method, member, values, deadline, fresh=fresh)
        if reply.kind not in JSON_KINDS:
            shown = answers.short(reply.glimpse(LONGEST_WORDS_BYTES))
            what = f"answered {method} {member} with {reply.kind[:40]}: {shown}"
            raise BadReply(self.name, what, "is that the port of an Alpaca server?")
        with self._judging(method, member):
            answer = answers.Answer(reply.read(LONGEST_ANSWER_BYTES))
            check_transaction(answer.transaction, transaction)
        if answer.number:
            raise refusal(self.name, asked_for(method, member, values), answer.number, answer.text)
        return answer

    def _sent(
        self,
        method: str,
        member: str,
        values: dict[str, Scalar],
        deadline: Deadline,
        *,
        fresh: bool = False,
        accept: str = "application/json",
    ) -> tuple[Reply, int]:
        transaction = next_transaction()
        path = f"/api/v1/{self.url.type}/{self.url.number}/{member}"
        content = request(method, self.url, path, values, transaction, accept)
        try:
            reply = self._connection.ask(content, deadline, fresh=fresh)
        except Unreachable as error:
            if self._was_reached:
                raise NoReply(error.device, error.what, error.remedy) from error
            raise
        if reply.status != 200:
            raise refused(self.name, method, asked_for(method, member, values), reply)
        return reply, transaction

    def _is_connected(self, deadline: Deadline) -> bool:
        try:
            return self._ask("connected", deadline.left_s, answers.truth)
        except Lacking as error:
            what = f"there is no {self.url.type}/{self.url.number} on {self.url.place}"
            remedy = f"what is there: flatctl devices --alpaca {self.url.place}"
            raise Unreachable(self.name, what, remedy) from error
        except AlpacaFault as error:
            if error.number != NOT_CONNECTED:
                raise
            return False

    def _join(self, deadline: Deadline) -> None:
        """Have the device connect to its hardware if it has not."""
        if self._is_connected(deadline):
            return
        beside = False
        # One that keeps us waiting may have connected all the same.
        with suppress(NoReply), self._connection_failing():
            if self.interface(deadline.left_s) >= _CONNECTS_BESIDE[self.url.type]:
                beside = self._connects_beside(_ORDERED_FRAC * deadline.left_s)
            if not beside:
                self._order("connected", _ORDERED_FRAC * deadline.left_s, {"Connected": True})
        grace = Deadline(_GRACE_S)
        while not self._is_connected(deadline):
            with self._connection_failing():
                if beside and self._ask("connecting", deadline.left_s, answers.truth):
                    grace = Deadline(_GRACE_S)
            if grace.over or deadline.over:
                what = "does not connect to its hardware"
                raise AlpacaFault(self.name, what, "is it plugged in and switched on?")
            time.sleep(_LOOK_EVERY_S)

    def _connects_beside(self, timeout_s: float) -> bool:
        """Order it to connect while we look, and return whether it can."""
        try:
            self._order("connect", timeout_s, {})
        except Lacking:
            return False
        except NoReply:
            pass
        return True

    @contextmanager
    def _connection_failing(self) -> Iterator[None]:
        try:
            yield
        except AlpacaFault as error:
            what = f"does not connect to its hardware: it {error.what}"
            remedy = "is it plugged in and switched on?"
            raise AlpacaFault(self.name, what, remedy, error.number) from error

    @contextmanager
    def _have_turn(self, timeout_s: float) -> Iterator[Deadline]:
        deadline = Deadline(timeout_s)
        if not self._turn.acquire(timeout=max(timeout_s, 0.0)):
            what = f"has not answered an earlier question within {timeout_s:g} s"
            raise NoReply(self.name, what, "does its server hang? Restart it")
        try:
            yield deadline
        finally:
            self._turn.release()

    @contextmanager
    def _judging(self, method: str, member: str) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            what = f"answered {method} {member} {error}"
            raise BadReply(self.name, what, "does its server speak Alpaca? See its log") from None

    @contextmanager
    def _noting(self, method: str, member: str) -> Iterator[None]:
        try:
            yield
        except DeviceError as error:
            self._trace.failed(method, member, error.what)
            raise
