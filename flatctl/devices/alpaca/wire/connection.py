"""One HTTP connection, on which every byte has a deadline and every answer a bound.

Nothing is taken from the environment (no proxies), nobody is followed elsewhere (no redirects), and
nothing is unpacked. RFC 9110 and RFC 9112; the answers are read by the standard library.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import select
import socket
import threading
from contextlib import suppress
from typing import Any, cast

from flatctl.devices.alpaca.wire.answers import text_of
from flatctl.devices.deadline import Deadline
from flatctl.errors import BadReply, DeviceError, NoReply, Unreachable

LONGEST_HEADER_BYTES = 64 * 1024
_SILENCE_S = 10.0
_PIECE_BYTES = 16 * 1024
_RUNNING = "is its Alpaca server running, and reached by this address?"


class Broken(BadReply):
    """The other side ended the connection before its answer had ended."""


class Connection:
    """A connection to a server, kept from one request to the next; of one thread at a time.

    `name` is what messages call the device behind it.
    """

    def __init__(self, name: str, host: str, port: int) -> None:
        self.name = name
        self._host = host
        self._port = port
        self._places: list[tuple[Any, ...]] = []  # what the host's name meant last
        self._socket: socket.socket | None = None
        self._is_idle = False

    def ask(self, request: bytes, deadline: Deadline, *, fresh: bool = False) -> Reply:
        """Send a request and return the answer once its header is there.

        With `fresh` it goes over a connection of its own, which the server has no reason to close.
        Raises `Unreachable` where nobody takes the connection, `NoReply` where no answer comes by
        the deadline, `Broken` where the connection ends, `BadReply` for what is no HTTP.
        """
        if fresh or not self._can_go_on():
            self.close()
            self._socket = self._connected(deadline)
        self._is_idle = False
        assert self._socket is not None
        source = _Source(self._socket, deadline)
        try:
            source.send(request)
            return Reply(self, source)
        except TimeoutError:
            raise NoReply(self.name, "does not answer in time", _RUNNING) from None
        except OSError as error:  # RemoteDisconnected is one as well
            raise self.broken(error, "without an answer") from None
        except (http.client.HTTPException, ValueError) as error:
            raise self.no_http(error) from None

    def rest(self, *, keep: bool) -> None:
        """Say that an answer has been read to its end, and whether the connection may be kept."""
        self._is_idle = keep
        if not keep:
            self.close()

    def close(self) -> None:
        """Hang up."""
        gone, self._socket = self._socket, None
        self._is_idle = False
        if gone is not None:
            gone.close()

    def _can_go_on(self) -> bool:
        """Say whether the kept connection still stands; what talks unasked is of no use."""
        if self._socket is None or not self._is_idle:
            return False
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

    def _connected(self, deadline: Deadline) -> socket.socket:
        places = self._resolved(deadline)
        why: OSError | None = None
        for n, (family, kind, protocol, _, address) in enumerate(places):
            made = socket.socket(family, kind, protocol)
            try:
                made.settimeout(max(deadline.left_s / (len(places) - n), 0.001))
                made.connect(address)
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except BaseException as error:
                made.close()
                if not isinstance(error, OSError):
                    raise
                why = why if isinstance(error, TimeoutError) and why else error
            else:
                return made
        raise self._unreached(why) from None

    def _resolved(self, deadline: Deadline) -> list[tuple[Any, ...]]:
        """Return the addresses of the host; a lamp is put out even if the name server is gone."""
        try:
            ipaddress.ip_address(self._host)
        except ValueError:
            pass
        else:
            return socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        found: list[list[tuple[Any, ...]]] = []

        def resolve() -> None:
            with suppress(OSError, UnicodeError):
                found.append(socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM))

        # It takes no time-out of its own.
        asked = threading.Thread(target=resolve, name="resolve", daemon=True)
        asked.start()
        asked.join(deadline.left_s / 2 if self._places else deadline.left_s)
        if found:
            # Many servers listen on IPv4 alone.
            self._places = sorted(found[0], key=lambda place: place[0] != socket.AF_INET)
        if not self._places:
            what = f"no address is known for the host {self._host}"
            raise Unreachable(self.name, what, "is its name right, and the name server reached?")
        return self._places

    def _unreached(self, why: OSError | None) -> Unreachable:
        if isinstance(why, ConnectionRefusedError):
            what = f"nobody listens on {self._host}, port {self._port}"
        elif isinstance(why, TimeoutError) or why is None:
            what = f"{self._host} does not take a connection on port {self._port}"
        else:
            what = f"{self._host} can't be reached ({why.strerror or why})"
        return Unreachable(self.name, what, _RUNNING)

    def broken(self, why: OSError, when: str) -> Broken:
        """Return the error of a connection that ended."""
        reason = "" if isinstance(why, ConnectionError) else f" ({why})"
        return Broken(self.name, f"its server hung up {when}{reason}", "see that server's log")

    def no_http(self, why: Exception) -> BadReply:
        """Return the error of an answer that breaks the rules."""
        reason = text_of(why)[:80] or type(why).__name__
        what = f"its server answered something that is no HTTP ({reason})"
        return BadReply(self.name, what, "is that the port of an Alpaca server?")


class Reply:
    """The answer to a request: status and header are read, the body is not.

    Raises `BadReply` where the body is packed.
    """

    def __init__(self, connection: Connection, source: _Source) -> None:
        self._connection = connection
        self._source = source
        self._response = http.client.HTTPResponse(cast("socket.socket", source))
        self._response.begin()
        source.begin_body()
        self.status = self._response.status
        self.kind = (self._response.getheader("Content-Type") or "").split(";")[0].strip().lower()
        self.location = text_of(self._response.getheader("Location") or "")
        self._refuse_packed()

    @property
    def length(self) -> int | None:
        """How many bytes of the body are to come, as far as it is told."""
        return self._response.length

    def fill(self, target: memoryview) -> int:
        """Read into all of `target` and return how many bytes came before the body ended.

        Raises `NoReply` where the deadline passes, or ten seconds without a byte, `Broken` where
        the connection ends before the body does.
        """
        taken = 0
        try:
            while taken < len(target) and (came := self._response.readinto(target[taken:])):
                taken += came
        except TimeoutError:
            what = "its answer has not come to its end in time"
            raise NoReply(self._connection.name, what, "is the network too slow?") from None
        except (http.client.IncompleteRead, OSError) as error:
            raise self._cut(error) from None
        except (http.client.HTTPException, ValueError) as error:
            raise self._connection.no_http(error) from None
        if taken < len(target) and self._response.length:
            raise self._cut(None)
        return taken

    def read(self, most_bytes: int) -> bytes:
        """Return the whole body; the connection may then be used again.

        Raises `BadReply` where it is longer than that, and what `fill` does.
        """
        content = bytearray()
        while (self.length or 0) <= most_bytes and len(content) <= most_bytes:
            room = bytearray(min(most_bytes + 1 - len(content), _PIECE_BYTES))
            came = self.fill(memoryview(room))
            content += room[:came]
            if came < len(room):
                self.end()
                return bytes(content)
        what = f"its server answered more than {most_bytes} bytes"
        raise BadReply(self._connection.name, what, "is that an Alpaca server?")

    def glimpse(self, most_bytes: int) -> bytes:
        """Return the beginning of the body, as far as it comes; the connection ends with it."""
        room = bytearray(most_bytes)
        came = 0
        with suppress(DeviceError):
            came = self.fill(memoryview(room))
        self._connection.close()
        return bytes(room[:came])

    def end(self) -> None:
        """Say that the body has been read to its end."""
        self._connection.rest(keep=self._response.isclosed() and not self._response.will_close)

    def _cut(self, why: Exception | None) -> Broken:
        known = why if isinstance(why, OSError) else ConnectionError()
        return self._connection.broken(known, "in the middle of an answer")

    def _refuse_packed(self) -> None:
        headers = self._response.headers
        packed = [each.strip().lower() for each in headers.get_all("Content-Encoding", [])]
        moved = [each.strip().lower() for each in headers.get_all("Transfer-Encoding", [])]
        for coding in [each for each in packed if each not in ("", "identity")] + [
            each for each in moved if each != "chunked"
        ]:
            what = f"its server packs its answers ({text_of(coding)[:40]}), unasked"
            raise BadReply(self._connection.name, what, "switch that off there")


class _Source(io.RawIOBase):
    """A socket as a file: each read is granted what is left of the time."""

    def __init__(self, source: socket.socket, deadline: Deadline) -> None:
        self._socket = source
        self._deadline = deadline
        self._left_bytes = LONGEST_HEADER_BYTES  # of the header
        self._in_body = False

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return it buffered, as `HTTPResponse` asks a socket."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def begin_body(self) -> None:
        """Say that the header is read: what comes from now on may be long, and not pause long."""
        self._in_body = True

    def send(self, content: bytes) -> None:
        """Send all of it."""
        self._grant(self._deadline.left_s)
        self._socket.sendall(content)

    def readinto(self, target: Any) -> int:
        """Read what is there, at least a byte but at the end."""
        # An order may be answered only once it is carried out.
        longest_s = _SILENCE_S if self._in_body else self._deadline.left_s
        self._grant(min(self._deadline.left_s, longest_s))
        came = self._socket.recv_into(target)
        if not self._in_body:
            if not came:
                # The library would take the header for complete.
                raise ConnectionResetError
            self._left_bytes -= came
            if self._left_bytes < 0:
                raise http.client.HTTPException("a header without end")
        return came

    def _grant(self, span_s: float) -> None:
        if span_s <= 0:
            raise TimeoutError
        self._socket.settimeout(span_s)
