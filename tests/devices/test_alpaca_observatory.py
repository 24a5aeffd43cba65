"""Domes, safety monitors and mounts behind Alpaca: what is made of their answers."""

import threading
import time

import pytest
from scripted_alpaca import NOT_CONNECTED, Device, HttpRefusal, Refusal, scripted_alpaca

from flatctl.core.nights.sun import Site
from flatctl.core.pointing.directions import Equatorial
from flatctl.devices.alpaca import mount as mount_module
from flatctl.devices.alpaca.mount import AlpacaMount
from flatctl.devices.alpaca.observatory import AlpacaDome, AlpacaSafetyMonitor
from flatctl.devices.alpaca.session import AlpacaSession
from flatctl.devices.protocols import ConditionStatus, MountState
from flatctl.errors import Fault, NoReply

LIMIT_S = 5.0
NOT_CONNECTED_WORDS = "is not connected, and flatctl does not connect it"


@pytest.fixture
def serve():
    """Serve a device and return it as the driver sees it, with the server."""
    session = AlpacaSession(LIMIT_S)
    served = []

    def made(kind, path, **members):
        server = scripted_alpaca({path: Device(members)})
        served.append(server)
        found = server.__enter__()
        return kind(session, found.url(path)), found

    yield made
    session.close()
    for server in served:
        server.__exit__(None, None, None)


def silent() -> object:
    raise HttpRefusal(500, "the driver has crashed")


class TestDome:
    """Domes and roofs."""

    @pytest.mark.parametrize(
        ("shutter", "status", "open_status"),
        [
            (0, (False, "not closed"), (True, "open")),
            (1, (True, "closed"), (False, "not open")),
            (2, (False, "on its way"), (False, "on its way")),
            (3, (False, "on its way"), (False, "on its way")),
            (4, (False, "reports a fault"), (False, "reports a fault")),
            (9, (False, "reports a fault"), (False, "reports a fault")),
        ],
    )
    def test_it_stands_as_its_shutter_does(self, serve, shutter, status, open_status):
        # Some say at rest that they turn.
        dome, _ = serve(AlpacaDome, "dome/0", shutterstatus=shutter, slewing=True)
        assert dome.status(LIMIT_S) == ConditionStatus(*status)
        assert dome.open_status(LIMIT_S) == ConditionStatus(*open_status)

    @pytest.mark.parametrize("parked", [True, False])
    def test_a_roof_without_a_shutter_is_closed_when_it_is_parked(self, serve, parked):
        dome, _ = serve(AlpacaDome, "dome/0", atpark=parked)
        assert (dome.status(LIMIT_S).met, dome.open_status(LIMIT_S).met) == (parked, not parked)

    @pytest.mark.parametrize("kind", [AlpacaDome, AlpacaMount])
    def test_what_is_not_connected_is_unknown_and_stays_so(self, serve, kind):
        device, server = serve(kind, "dome/0", connected=False, shutterstatus=1)
        assert device.status(LIMIT_S) == ConditionStatus(False, NOT_CONNECTED_WORDS, known=False)
        assert not [each for each in server.heard if each[0] == "PUT"]

    def test_one_that_says_so_only_when_it_is_asked_is_not_connected_either(self, serve):
        def refuse():
            raise Refusal(NOT_CONNECTED, "not connected")

        dome, server = serve(AlpacaDome, "dome/0", shutterstatus=refuse)
        assert not dome.status(LIMIT_S).known
        assert not [each for each in server.heard if each[0] == "PUT"]

    def test_one_that_can_not_be_asked_is_unknown(self, serve):
        dome, _ = serve(AlpacaDome, "dome/0", shutterstatus=silent)
        status = dome.status(LIMIT_S)
        assert (status.met, status.known) == (False, False)
        assert "the driver has crashed" in status.text

    def test_a_server_that_is_not_there_is_no_more_than_unknown(self):
        session = AlpacaSession(LIMIT_S)
        for kind in (AlpacaDome, AlpacaSafetyMonitor, AlpacaMount):
            status = kind(session, "alpaca://127.0.0.1:9/dome/0").status(LIMIT_S)
            assert (status.met, status.known) == (False, False)
        session.close()


class TestSafetyMonitor:
    """Safety monitors."""

    @pytest.mark.parametrize(
        ("safe", "text"), [(True, "safe"), (False, "unsafe: it does not say why")]
    )
    def test_its_verdict_counts(self, serve, safe, text):
        monitor, _ = serve(AlpacaSafetyMonitor, "safetymonitor/0", issafe=safe)
        assert monitor.status(LIMIT_S) == ConditionStatus(safe, text)

    def test_it_is_connected_before_its_verdict_counts(self, serve):
        def safe():
            return connected()

        monitor, server = serve(AlpacaSafetyMonitor, "safetymonitor/0", connected=False)
        members = server.devices["safetymonitor/0"].members

        def connected():
            return members["connected"]

        members["issafe"] = safe
        assert monitor.status(LIMIT_S).met

    def test_one_that_does_not_connect_is_unknown_and_not_unsafe(self, serve):
        monitor, server = serve(
            AlpacaSafetyMonitor, "safetymonitor/0", connected=False, issafe=False
        )

        def refuse(_):
            raise Refusal(0x500, "no sensor on COM3")

        server.devices["safetymonitor/0"].orders["connected"] = refuse
        status = monitor.status(LIMIT_S)
        assert (status.known, "no sensor on COM3" in status.text) == (False, True)


class Telescope:
    """A mount that slews, tracks and parks, each within a moment."""

    def __init__(self, **members):
        self.at = [5.0, 20.0]
        self.tracking = self.slewing = self.parked = False
        self.takes_s = 0.2
        self.device = Device(
            {
                "interfaceversion": 3,
                "canpark": True,
                "cansettracking": True,
                "canslewasync": True,
                "equatorialsystem": 1,
                "alignmentmode": 2,
                "siderealtime": 6.0,
                "sitelatitude": 50.1,
                "sitelongitude": 8.7,
                "rightascension": lambda: self.at[0],
                "declination": lambda: self.at[1],
                "tracking": lambda: self.tracking,
                "slewing": lambda: self.slewing,
                "atpark": lambda: self.parked,
                **members,
            },
            {
                "park": self.park,
                "unpark": lambda _: setattr(self, "parked", False),
                "tracking": lambda form: setattr(self, "tracking", form["Tracking"] == "True"),
                "abortslew": lambda _: setattr(self, "slewing", False),
                "slewtocoordinatesasync": self.slew,
            },
        )

    def slew(self, form):
        if self.parked or not self.tracking:
            raise Refusal(0x408 if self.parked else 0x40B, "it has to track")
        self.slewing = True
        goal = [float(form["RightAscension"]), float(form["Declination"])]
        self._later(lambda: self.slewing and (setattr(self, "at", goal) or self.rest()))

    def park(self, _form):
        self.slewing = True
        self._later(lambda: (setattr(self, "parked", True), setattr(self, "tracking", False)))
        self._later(self.rest)

    def rest(self):
        self.slewing = False

    def _later(self, do):
        threading.Timer(self.takes_s, do).start()


@pytest.fixture
def telescope():
    return Telescope()


@pytest.fixture
def mount(telescope, monkeypatch):
    monkeypatch.setattr(mount_module, "_RESTS_S", 0.3)
    session = AlpacaSession(LIMIT_S)
    with scripted_alpaca({"telescope/0": telescope.device}) as server:
        mount = AlpacaMount(session, server.url("telescope/0"))
        mount.may_move = True
        mount.server = server
        yield mount
    session.close()


GOAL = Equatorial(95.0, 45.0)


class TestMount:
    """Mounts."""

    def test_it_is_as_it_must_be_once_it_is_parked_and_at_rest(self, mount, telescope):
        assert mount.status(LIMIT_S) == ConditionStatus(False, "not parked")
        telescope.slewing = True
        assert mount.status(LIMIT_S) == ConditionStatus(False, "on its way")
        telescope.slewing, telescope.parked = False, True
        assert mount.status(LIMIT_S) == ConditionStatus(True, "parked")

    def test_one_that_can_not_be_parked_is_unknown(self, mount, telescope):
        telescope.device.members["canpark"] = False
        assert not mount.status(LIMIT_S).known

    def test_it_parks_and_is_waited_for(self, mount, telescope):
        mount.may_move = False
        mount.park(LIMIT_S)
        assert (telescope.parked, telescope.slewing) == (True, False)

    def test_an_order_to_park_that_is_answered_too_late_is_followed(self, mount, telescope):
        def park(form):
            telescope.park(form)
            time.sleep(1.0)

        telescope.device.orders["park"] = park
        mount.park(0.9)
        assert telescope.parked

    def test_one_that_comes_to_rest_elsewhere_is_a_fault(self, mount, telescope):
        telescope.device.orders["park"] = lambda _: None
        with pytest.raises(Fault, match="came to rest and is not parked"):
            mount.park(LIMIT_S)

    def test_one_that_never_gets_there_is_no_reply(self, mount, telescope):
        telescope.device.orders["park"] = lambda _: setattr(telescope, "slewing", True)
        with pytest.raises(NoReply, match="has not parked"):
            mount.park(0.5)

    def test_it_says_where_it_points_and_stands(self, mount, telescope):
        report = mount.report(LIMIT_S)
        assert (report.state, report.at) == (MountState.STANDING, Equatorial(75.0, 20.0))
        assert report.site == Site(50.1, pytest.approx(8.7))
        assert (report.switches_tracking, report.flips, report.sidereal_deg) == (True, True, 90.0)

    def test_a_site_that_nobody_has_told_it_is_none(self, mount, telescope):
        telescope.device.members |= {"sitelatitude": 0.0, "sitelongitude": 0.0}
        assert mount.report(LIMIT_S).site is None

    @pytest.mark.parametrize(("equinox", "word"), [(3, "J2050"), (4, "B1950"), (9, "number 9")])
    def test_places_of_another_equinox_are_refused(self, mount, telescope, equinox, word):
        telescope.device.members["equatorialsystem"] = equinox
        with pytest.raises(Fault, match=f"{word}.*set its driver to JNow"):
            mount.report(LIMIT_S)

    def test_places_of_j2000_are_turned_to_those_of_date_and_back(self, mount, telescope):
        telescope.device.members["equatorialsystem"] = 2
        mount.slew(GOAL, LIMIT_S, tracking=False)
        sent_deg = telescope.at[0] * 15
        assert 0.2 < GOAL.ra_deg - sent_deg < 1.0
        assert mount.report(LIMIT_S).at.ra_deg == pytest.approx(GOAL.ra_deg, abs=1e-4)

    @pytest.mark.parametrize("tracking", [True, False])
    def test_it_goes_where_it_is_sent_and_tracks_as_wanted(self, mount, telescope, tracking):
        seen = []
        mount.slew(GOAL, LIMIT_S, tracking=tracking, on_way=seen.append)
        assert telescope.at == pytest.approx([GOAL.ra_deg / 15, GOAL.dec_deg])
        assert telescope.tracking == tracking
        assert seen

    def test_a_place_on_its_way_that_is_forbidden_stops_it(self, mount, telescope):
        telescope.takes_s = 3.0

        def forbid(_):
            raise RuntimeError("too near the Sun")

        with pytest.raises(RuntimeError):
            mount.slew(GOAL, LIMIT_S, tracking=False, on_way=forbid)
        assert not telescope.slewing

    def test_one_that_comes_to_rest_before_is_a_fault(self, mount, telescope):
        telescope.device.orders["slewtocoordinatesasync"] = lambda _: None
        with pytest.raises(Fault, match="came to rest elsewhere"):
            mount.slew(GOAL, LIMIT_S, tracking=False)

    def test_one_that_does_not_arrive_in_time_is_stopped(self, mount, telescope):
        telescope.takes_s = 9.0
        with pytest.raises(NoReply, match="does not arrive"):
            mount.slew(GOAL, 0.6, tracking=False)
        assert not telescope.slewing

    def test_a_parked_one_is_unparked_first(self, mount, telescope):
        telescope.parked = True
        with pytest.raises(Fault, match="is parked; unpark it"):
            mount.slew(GOAL, LIMIT_S, tracking=False)
        mount.unpark(LIMIT_S)
        assert not telescope.parked

    def test_one_that_can_not_be_watched_is_not_sent(self, mount, telescope):
        telescope.device.members["canslewasync"] = False
        with pytest.raises(Fault, match="CanSlewAsync"):
            mount.slew(GOAL, LIMIT_S, tracking=False)
        assert not mount.server.orders("slewtocoordinatesasync")

    def test_tracking_that_it_does_not_switch_is_a_fault(self, mount, telescope, monkeypatch):
        monkeypatch.setattr(mount_module, "_ANSWERS_S", 0.3)
        telescope.device.orders["tracking"] = lambda _: None
        with pytest.raises(Fault, match="refuses to switch its tracking on"):
            mount.track(True, LIMIT_S)

    @pytest.mark.parametrize("call", ["unpark", "slew", "track", "abort"])
    def test_one_that_may_not_be_moved_hears_nothing(self, mount, call):
        mount.may_move = False
        arguments = {"slew": (GOAL, LIMIT_S), "track": (False, LIMIT_S)}.get(call, (LIMIT_S,))
        with pytest.raises(Fault, match="may not be moved"):
            getattr(mount, call)(*arguments, **({"tracking": False} if call == "slew" else {}))
        assert mount.server.heard == []

    @pytest.mark.parametrize("moves", [True, False])
    def test_it_is_connected_only_where_it_may_be_moved(self, mount, telescope, moves):
        telescope.device.members["connected"] = False
        mount.may_move = moves
        if moves:
            mount.report(LIMIT_S)
        else:
            with pytest.raises(Fault, match="is not connected"):
                mount.report(LIMIT_S)
        assert telescope.device.members["connected"] == moves
