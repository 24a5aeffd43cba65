"""A screen as a light panel: brightness is the grey level of a page that fills it."""

import errno
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from flatctl.devices.log import current_log
from flatctl.devices.protocols import PanelStatus
from flatctl.devices.screen.connection import NAME, PageConnection
from flatctl.devices.screen.server import ScreenServer, address_of
from flatctl.devices.screen.wire import BLACK, Color, Report, tinted
from flatctl.errors import BadReply, Busy, DeviceError, NoReply, Unreachable

STEPS = range(256)

# Painting takes two frames, 30 ms; more than this is a page that does not paint.
_PAINT_S = 10.0
# A page that lost its connection tries again every second.
_RETURN_S = 10.0
_GRACE_S = 5.0
# One that is open already, at an address that stays, is there by then.
_LEAST_S = 3.0


class ScreenPanel:
    """A page served at `listen` (host, port), shown full screen on a laptop, tablet or phone.

    `tint` weighs red, green and blue; `wait_s` is granted, at the first `open` and instead of its
    time-out, for walking over to the screen. The address, with `token` in it (a new random one if
    empty), is handed to `announce` when somebody has to open it. A page that loses its connection
    in the middle of a run has `grace_s` to come back before that counts as a fault; it puts itself
    out after 10 s alone, but keeps its light after `close`.
    """

    def __init__(
        self,
        listen: tuple[str, int],
        *,
        tint: Sequence[float] = (1.0, 1.0, 1.0),
        token: str = "",
        wait_s: float = 300.0,
        grace_s: float = _GRACE_S,
        announce: Callable[[str], None] = lambda address: None,  # noqa: ARG005 because nobody listens
    ) -> None:
        self._listen = listen
        self._tint = tuple(tint)
        self._token = token or secrets.token_urlsafe(16)
        self._wait_s = wait_s
        self._grace_s = grace_s
        self._announce = announce
        self._log = current_log()
        if self._log is not None:
            self._log.hide(self._token)
        self._seat = PageConnection(self._log)
        self._server: ScreenServer | None = None
        self._known = self._announced = False

    @property
    def name(self) -> str:
        """The name by which users know it."""
        return NAME

    @property
    def address(self) -> str:
        """What has to be opened on the screen; empty while nothing is served."""
        if self._server is None:
            return ""
        return address_of(self._listen[0], self._server.port, self._token)

    def open(self, timeout_s: float) -> range:
        """Serve the page, wait until a screen shows it, and return the grey levels 0 to 255.

        Raises `Busy` where the port is taken, `Unreachable` where it can't be served or no
        screen comes.
        """
        if self._server is None:
            self._server = self._serve()
        limit_s = min(timeout_s, _RETURN_S) if self._known else max(self._wait_s, _LEAST_S)
        if not self._seat.taken and not self._announced:
            self._announced = True
            self._announce(self.address)
        if not self._seat.await_page(limit_s):
            address = self.address
            self.close()
            raise Unreachable(
                self._described(),
                f"no screen has opened the page for {limit_s:g} s",
                f"open {address} on the screen, in the same network, and leave it in front",
            )
        self._known = True
        return STEPS

    def set_brightness(self, brightness: int, timeout_s: float) -> None:
        """Light it at grey level `brightness`, 0 to 255; the page says what it has painted."""
        if brightness not in STEPS:
            raise ValueError(f"brightness {brightness} is outside 0 to {STEPS[-1]}")
        with self._dark_on_failure():
            self._show(tinted(brightness, self._tint), timeout_s, lit=True)

    def light_off(self, timeout_s: float) -> None:
        """Put the light out: the page is black but for one dim line."""
        with self._dark_on_failure():
            self._show(BLACK, timeout_s, lit=False)

    def status(self, timeout_s: float) -> PanelStatus:
        """Ask the page how it stands."""
        self._opened()
        report = self._answer(self._seat.ask(), timeout_s)
        strongest = max(range(3), key=self._tint.__getitem__)
        return PanelStatus(report.lit, report.color[strongest], confirmed=True)

    def close(self) -> None:
        """Stop serving; the page keeps its light and tries to come back."""
        server, self._server = self._server, None
        if server is not None:
            # The same address again, should it be opened anew: the page knows no other.
            self._listen = self._listen[0], server.port
            server.stop()
            self._seat = PageConnection(self._log)

    def _serve(self) -> ScreenServer:
        host, port = self._listen
        try:
            return ScreenServer(self._listen, self._token, self._seat, self._log)
        except OSError as error:
            what = f"the page can't be served at {host}:{port} ({error.strerror or error})"
            remedy = "choose another address in listen, e.g. 0.0.0.0:8765 for the whole network"
            kind = Busy if error.errno == errno.EADDRINUSE else Unreachable
            raise kind(self._described(), what, remedy) from error

    def _show(self, color: Color, timeout_s: float, *, lit: bool) -> None:
        self._opened()
        report = self._answer(self._seat.post(lit=lit, color=color), timeout_s)
        if (report.lit, report.color) != (lit, color):
            raise BadReply(
                self._described(),
                f"asked for {_in_words(lit, color)}, "
                f"it shows {_in_words(report.lit, report.color)}",
                "switch off whatever changes the colours of the page (dark mode, extensions)",
            )

    def _answer(self, n: int, timeout_s: float) -> Report:
        report = self._seat.await_answer(n, min(timeout_s, _PAINT_S), self._grace_s)
        if report is not None:
            return report
        if not self._seat.taken:
            raise Unreachable(
                self._described(),
                "the connection to the page is lost",
                f"look at the screen and its network; the page is at {self.address}",
            )
        if not self._seat.visible:
            raise NoReply(
                self._described(),
                "the page is not in front, so that it paints nothing",
                "bring it to the front and keep the screen from sleeping",
            )
        raise NoReply(self._described(), "the page does not paint", "load it again")

    def _opened(self) -> None:
        if self._server is None:
            raise Unreachable(self._described(), "it was used before it was opened", "open it")

    @contextmanager
    def _dark_on_failure(self) -> Iterator[None]:
        try:
            yield
        except DeviceError:
            # Whoever comes next, or comes late, is told to be dark.
            self._seat.post(lit=False, color=BLACK)
            raise

    def _described(self) -> str:
        return f"screen at {self._listen[0]}:{self._listen[1]}"


def _in_words(lit: bool, color: Color) -> str:
    return f"red {color.red}, green {color.green}, blue {color.blue}" if lit else "no light"
