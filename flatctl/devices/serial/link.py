"""Talk to a panel on a serial line: request and reply, each with a deadline.

Whatever pyserial or the operating system raises comes out as a `DeviceError`.
"""

import contextlib
import termios
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from flatctl.devices.deadline import Deadline
from flatctl.devices.serial.diagnosis import printable, reason, why_not_opened
from flatctl.devices.serial.ports import Line, LinkClock, OpenPort, current_ground, serial_ports
from flatctl.devices.serial.tap import TappedPort, current_tap
from flatctl.errors import BadReply, Busy, DeviceError, NoReply, Unreachable

T = TypeVar("T")

# How long a server of ports may take to say that it will hang up.
_FIRST_WORDS_S = 0.1

# All that a dead line makes pyserial 3.5 raise: SerialException (an OSError) from read and write,
# plain OSError from in_waiting, termios.error from reset_input_buffer; NotImplementedError from a
# kind of URL that can't do what is asked.
_BROKEN = (OSError, termios.error, NotImplementedError)

_AFTER_BAD_FRAME_S = 0.3
_FLUSH_LIMIT_S = 0.1
_DIALECT_S = 1.0
# No panel says more than that at once.
_LONGEST_FRAME = 1024
_LONGEST_MEMORY = 4096


class SerialLink:
    """One serial port in one pair of hands.

    `name` is what messages call the device, `ends` the bytes that end a frame of its, `reply_s`
    how long it takes to answer at most, `boot_delay_s` the silence granted after opening (an
    Arduino board starts anew then), `rts` and `dtr` the levels of the modem lines from the first
    moment on. 8 data bits, no parity, 1 stop bit, no flow control. `clock` and `open_port` are
    those of the current ground where they are not given. All methods may be called from any thread;
    a dialogue is never interleaved with another.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str,
        baud: int,
        ends: bytes = b"\r\n",
        reply_s: float = 2.0,
        rts: bool = True,
        dtr: bool = True,
        boot_delay_s: float = 0.0,
        clock: LinkClock | None = None,
        open_port: OpenPort | None = None,
    ) -> None:
        self.url = url
        self.name = name
        self.clock = clock or current_ground().clock
        self._line = Line(url, baud, rts, dtr)
        self._open_port = open_port or current_ground().open_port
        self._ends = ends
        self._reply_s = reply_s
        self._boot_delay_s = boot_delay_s
        self._port: Any = None
        # What came from an end that has not been understood yet: why it hangs up, it may be.
        self._first_words: bytes | None = b""
        self._lock = threading.RLock()
        self._tap = current_tap(name)

    @property
    def is_open(self) -> bool:
        """Whether the port is open; false again once the line broke."""
        return self._port is not None

    def deadline(self, seconds: float) -> Deadline:
        """Return the moment that lies so many seconds after now, on the link's clock."""
        return Deadline(seconds, self.clock.monotonic)

    def open(self) -> None:
        """Open the port and wait out the boot delay; nothing happens when it is open.

        Raises `Unreachable` or `Busy`, each with what can be done about it.
        """
        with self._lock:
            if self._port is not None:
                return
            try:
                port = self._open_port(self._line)
            except (*_BROKEN, ValueError) as error:
                raise why_not_opened(self.url, self.name, error, serial_ports()) from error
            self._first_words = b""
            self._port = port if self._tap is None else TappedPort(port, self._tap)
            self.clock.sleep(self._boot_delay_s)

    def close(self) -> None:
        """Close the port; never raises."""
        with self._lock:
            port, self._port = self._port, None
            if port is not None:
                with contextlib.suppress(*_BROKEN):
                    port.close()

    def greet(self, command: bytes, parse: Callable[[bytes], T], timeout_s: float) -> T:
        """Open the port and make sure that the right panel is there, with the first question.

        The boot delay is granted on top of `timeout_s`. Closes the port again if it fails.

        Raises `Unreachable` when nobody answers, `BadReply` when somebody else does.
        """
        self.open()
        with self._greeting():
            return self.ask(command, parse, self.deadline(timeout_s))

    def greet_in_any(
        self, commands: Sequence[bytes], parse: Callable[[bytes], T], timeout_s: float
    ) -> tuple[int, T]:
        """Greet in the first of several dialects, and where nobody answers in the others.

        Return which one was understood, twice, for a late answer would be taken for one to another
        question, and the last reply. Raises as `greet`.
        """
        self.open()
        deadline = self.deadline(timeout_s)
        with self._greeting():
            try:
                return 0, self.ask(commands[0], parse, deadline)
            except NoReply as silence:
                for dialect in (*range(1, len(commands)), 0):
                    with contextlib.suppress(NoReply):
                        for _ in range(2):
                            reply = self._ask_once(commands[dialect], parse, deadline)
                        return dialect, reply
                raise silence

    def _ask_once(self, command: bytes, parse: Callable[[bytes], T], deadline: Deadline) -> T:
        if deadline.over:
            raise NoReply(self.name, "no time left to ask", "grant it more time")
        return self.ask(command, parse, deadline, reply_s=_DIALECT_S, tries=1)

    def ask(
        self,
        command: bytes,
        parse: Callable[[bytes], T],
        deadline: Deadline,
        *,
        ends: bytes | None = None,
        reply_s: float | None = None,
        tries: int = 3,
    ) -> T:
        """Send `command` and return what `parse` makes of the reply.

        Each try flushes the input, sends, and reads frames until `parse` takes one; `parse` gets
        a frame without the bytes that end it and raises `ValueError` for one that is no answer to
        this command. A try lasts `reply_s` at most; the tries share what the deadline leaves,
        and the first is made in any case. `ends` and `reply_s` where this answer has others.

        Raises `NoReply` when nothing was heard, `BadReply` when something else was, `Unreachable`
        when the line broke.
        """
        reply_s = self._reply_s if reply_s is None else reply_s
        with self._lock:
            heard = bytearray()
            for tries_left in range(tries, 0, -1):
                limit = self.deadline(min(reply_s, deadline.left_s / tries_left))
                self._flush()
                self.send(command)
                if answer := self._listen(parse, ends or self._ends, limit, heard):
                    self._first_words = None
                    return answer[0]
                if deadline.over:
                    break
            raise self._no_answer(
                bytes(heard),
                f"no answer to {printable(command)}",
                f"{printable(command)} was answered by",
            )

    def send(self, command: bytes) -> None:
        """Send bytes and expect nothing."""
        with self._lock, self._open_line() as port:
            port.write(command)

    @contextlib.contextmanager
    def _greeting(self, silent: str = "") -> Iterator[None]:
        """Close the port where nobody answers, or somebody else does."""
        try:
            yield
        except NoReply as silence:
            self.close()
            raise Unreachable(
                self.name,
                f"the port opens, but nobody answers: {silent or silence.what}",
                "is the panel powered, is it the right port, does it need a longer boot_delay_s?",
            ) from silence
        except DeviceError:
            self.close()
            raise

    def _listen(
        self, parse: Callable[[bytes], T], ends: bytes, limit: Deadline, heard: bytearray
    ) -> tuple[T] | None:
        frame = b""
        while not limit.over:
            content = self._read()
            heard += content[: _LONGEST_MEMORY - len(heard)]
            for byte in content:
                if byte not in ends:
                    frame = (frame + bytes([byte]))[-_LONGEST_FRAME:]
                    continue
                if answer := _parsed(parse, frame):
                    return answer
                if frame:
                    # A wrong answer: the right one may follow, but not for long.
                    limit = self.deadline(min(limit.left_s, _AFTER_BAD_FRAME_S))
                frame = b""
        # Its end may have got lost on the way.
        return _parsed(parse, frame)

    def _read(self) -> bytes:
        with self._open_line() as port:
            content = bytes(port.read(max(1, port.in_waiting)))
        self._note_words(content)
        return content

    @property
    def _is_remote(self) -> bool:
        return self.url.startswith("socket:")

    def _note_words(self, content: bytes) -> None:
        if self._first_words is not None and self._is_remote:
            self._first_words = (self._first_words + content)[-_LONGEST_FRAME:]

    def _flush(self) -> None:
        with self._open_line() as port:
            if not self._is_remote:
                port.reset_input_buffer()
                return
            if self._first_words == b"":
                # Once it hangs up on a question, what it said before is lost.
                soon = self.deadline(_FIRST_WORDS_S)
                while not port.in_waiting and not soon.over:
                    self.clock.sleep(_FIRST_WORDS_S / 10)
                self._first_words += b" "
            # pyserial would read until nothing is left, which never comes where somebody floods.
            limit = self.deadline(_FLUSH_LIMIT_S)
            while port.in_waiting and not limit.over:
                self._note_words(bytes(port.read(port.in_waiting)))

    def _opened(self) -> Any:
        if self._port is None:
            raise Unreachable(
                self.name, "the port is not open", "check the cable, then open it again"
            )
        return self._port

    @contextlib.contextmanager
    def _open_line(self) -> Iterator[Any]:
        """Hand out the port, and close it where the line breaks."""
        port = self._opened()
        try:
            yield port
        except _BROKEN as error:
            self.close()
            if words := (self._first_words or b"").strip():
                # So a server of serial ports says why it hangs up.
                kind = Busy if b"in use" in words else Unreachable
                remedy = "end the program that has the port, or see that server's own log"
                said = f"it was hung up after {printable(words)}"
                raise kind(self.name, said, remedy) from error
            raise Unreachable(
                self.name,
                f"the line broke ({reason(error)})",
                "check the cable and the power of the panel",
            ) from error

    def _no_answer(self, heard: bytes, silent: str, said: str) -> DeviceError:
        if not heard:
            return NoReply(self.name, silent, "check the cable and the power of the panel")
        return BadReply(
            self.name,
            f"{said} {printable(heard)}",
            "is this the right port, and the right kind of panel for it?",
        )


def _parsed(parse: Callable[[bytes], T], frame: bytes) -> tuple[T] | None:
    if not frame:
        return None
    try:
        return (parse(frame),)
    except ValueError:
        return None
