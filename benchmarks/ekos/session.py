#!/usr/bin/python3
"""Let KStars/Ekos 3.6 take ADU flats without a screen, and print what came of it as JSON.

Runs under Debian's own Python, which has the D-Bus module: `duel.py` calls it. KStars gets an X
server, a D-Bus session and a home directory of its own, and reaches the INDI server as a remote one
(a local profile would end other people's servers).

Needs: apt-get install --no-install-recommends kstars xvfb dbus python3-dbus
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from xml.sax.saxutils import escape

import dbus
import dbus.bus

KSTARS = "org.kde.kstars"
EKOS = "org.kde.kstars.Ekos"
CAPTURE = "org.kde.kstars.Ekos.Capture"
PROFILE = "Duel"
SUCCESS = 2  # CommunicationStatus in KStars' ekos.h
STARTS = 4  # KStars 3.6.2 crashes now and then while it starts

RC = """\
[GUI]
RunStartupWizard=false
[General]
KStarsFirstRun=false
[View]
OrbitalElementsAutoUpdate=false
[TipOfDay]
RunOnStart=false
[Ekos]
neverLoadConfig=true
Profile={profile}
[indi]
useGeographicUpdate=false
useTimeUpdate=false
fitsDir={folder}
"""

JOB = """\
<Job>
<Exposure>{exposure_s}</Exposure>
<Format>Mono</Format>
<Encoding>FITS</Encoding>
<Binning><X>1</X><Y>1</Y></Binning>
<Frame><X>0</X><Y>0</Y><W>{width}</W><H>{height}</H></Frame>
<Temperature force='false'>0</Temperature>
<Filter>{name}</Filter>
<Type>Flat</Type>
<Prefix><RawPrefix></RawPrefix><FilterEnabled>1</FilterEnabled></Prefix>
<Count>{count}</Count>
<Delay>0</Delay>
<FITSDirectory>{folder}</FITSDirectory>
<UploadMode>0</UploadMode>
<Properties/>
<Calibration>
<FlatSource><Type>FlatCap</Type></FlatSource>
<FlatDuration dark='false'><Type>ADU</Type><Value>{adu}</Value><Tolerance>{tolerance}</Tolerance>
</FlatDuration>
<PreMountPark>False</PreMountPark>
<PreDomePark>False</PreDomePark>
</Calibration>
</Job>
"""


@contextmanager
def running(command, env, log, announces=None):
    """Run a process inside the block; yield it, or what it `announces` by writing to FD."""
    reader, writer = os.pipe()
    words = [word.replace("FD", str(writer)) for word in command] if announces else command
    with log.open("ab") as output:
        process = subprocess.Popen(
            words, env=env, stdout=output, stderr=output, pass_fds=[writer], start_new_session=True
        )
    os.close(writer)
    try:
        with os.fdopen(reader) as line:
            yield line.readline().strip() if announces else process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until(look, what, timeout_s=90.0, process=None):
    """Wait until `look` finds something."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            raise ChildProcessError(f"KStars ended with {process.returncode} before {what}")
        try:
            if found := look():
                return found
        except (dbus.DBusException, sqlite3.Error):
            pass
        time.sleep(0.02)
    raise TimeoutError(what)


class Desk:
    """KStars on a private bus."""

    def __init__(self, address):
        self._bus = dbus.bus.BusConnection(address)

    def call(self, path, interface, method, *arguments):
        """Call a method of KStars."""
        thing = self._bus.get_object(KSTARS, path, introspect=False)
        return dbus.Interface(thing, interface).get_dbus_method(method)(*arguments, timeout=30)

    def value(self, path, interface, name):
        """Return a property of KStars."""
        return self.call(path, "org.freedesktop.DBus.Properties", "Get", interface, name)

    def quit(self):
        """Ask KStars to end."""
        action = "/kstars/MainWindow_1/actions/quit"
        with suppress(dbus.DBusException):
            self.call(action, "org.qtproject.Qt.QAction", "trigger")


@contextmanager
def kstars(desk, env, log):
    """Start KStars, again where it crashes at once, and wait until Ekos is there."""
    for attempt in range(STARTS):
        with ExitStack() as stack:
            process = stack.enter_context(running(["kstars"], env, log))
            try:
                until(lambda: desk.call("/KStars/Ekos", EKOS, "getProfiles"), "Ekos", 90, process)
            except ChildProcessError:
                if attempt == STARTS - 1:
                    raise
                continue
            yield process
            desk.quit()
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            return


def add_profile(database, options):
    """Tell KStars of the rig: what its profile and optical train editors would store."""
    with closing(sqlite3.connect(database)) as store, store:
        row = (
            "INSERT INTO profile (name, host, port, autoconnect, guidertype, indihub, portselector)"
        )
        profile = store.execute(
            f"{row} VALUES (?, '127.0.0.1', ?, 1, 0, 0, 0)", (PROFILE, options.port)
        ).lastrowid
        roles = (("CCD", options.camera), ("Filter", options.wheel), ("Aux1", options.light))
        for role, label in (*roles, ("Mount", options.mount)):
            row = "INSERT INTO driver (label, role, profile) VALUES (?, ?, ?)"
            store.execute(row, (label, role, profile))
        train = store.execute(
            "INSERT INTO opticaltrains (profile, name, mount, dustcap, lightbox, scope, reducer,"
            " rotator, focuser, filterwheel, camera, guider) VALUES"
            " (?, 'Primary', ?, '--', ?, 'Sample Primary 120@700 ', 1, '--', '--', ?, ?, '--')",
            (profile, options.mount, options.light, options.wheel, options.camera),
        ).lastrowid
        # Every module of Ekos uses this train.
        settings = json.dumps({str(module): train for module in range(7)})
        row = "INSERT INTO profilesettings (profile, settings) VALUES (?, ?)"
        store.execute(row, (profile, settings))


def sequence(options, folder):
    """Return the content of Ekos' sequence file."""
    width, height = options.size.split("x")
    jobs = "".join(
        JOB.format(
            exposure_s=options.exposure,
            width=width,
            height=height,
            name=escape(name),
            count=options.count,
            folder=escape(str(folder)),
            adu=options.adu,
            tolerance=options.tolerance,
        )
        for name in options.filters.split(",")
    )
    return f"<?xml version='1.0'?>\n<SequenceQueue version='2.4'>\n{jobs}</SequenceQueue>\n"


def capture(desk, process, options, folder):
    """Connect, load the sequence, run it, and return when it began and ended."""
    until(lambda: desk.call("/KStars/Ekos", EKOS, "setProfile", PROFILE), "profile", 60, process)
    desk.call("/KStars/Ekos", EKOS, "start")
    for status in ("ekosStatus", "indiStatus"):
        until(lambda s=status: desk.value("/KStars/Ekos", EKOS, s) == SUCCESS, status, 60, process)
    path = "/KStars/Ekos/Capture"
    for name, wanted in (("camera", options.camera), ("filterWheel", options.wheel)):
        until(lambda n=name, w=wanted: desk.value(path, CAPTURE, n) == w, name, 60, process)
    until(lambda: desk.value(path, CAPTURE, "filter"), "the filters", 60, process)
    time.sleep(3)
    file = folder.parent / "flats.esq"
    file.write_text(sequence(options, folder), encoding="utf-8")
    if not desk.call(path, CAPTURE, "loadSequenceQueue", str(file)):
        raise RuntimeError("Ekos refuses the sequence")
    begun_s = time.time()
    desk.call(path, CAPTURE, "start")
    ends = ("Complete", "Error", "Aborted")

    def ended():
        return str(desk.call(path, CAPTURE, "getSequenceQueueStatus")) in ends

    time.sleep(1)
    until(ended, "the end of the sequence", 900, process)
    ended_s = time.time()
    status = str(desk.call(path, CAPTURE, "getSequenceQueueStatus"))
    desk.call("/KStars/Ekos", EKOS, "stop")
    return begun_s, ended_s, status


def main():
    """Do it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--port", type=int, required=True)
    for name in ("camera", "wheel", "light", "mount", "filters", "size"):
        arguments.add_argument(f"--{name}", required=True)
    arguments.add_argument("--count", type=int, default=10)
    for name in ("exposure", "adu", "tolerance"):
        arguments.add_argument(f"--{name}", type=float, required=True)
    options = arguments.parse_args()
    folder = options.folder / "fits"
    places = {"HOME": "home", "XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "share"}
    places |= {"XDG_CACHE_HOME": "cache", "XDG_RUNTIME_DIR": "run"}
    for place in (*places.values(), "fits"):
        (options.folder / place).mkdir(parents=True, mode=0o700)
    env = {name: str(options.folder / place) for name, place in places.items()}
    env |= {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "LIBGL_ALWAYS_SOFTWARE": "1"}
    log = options.folder / "kstars.log"
    (options.folder / "config" / "kstarsrc").write_text(RC.format(profile=PROFILE, folder=folder))
    screen = ["Xvfb", "-displayfd", "FD", "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    bus = ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=FD"]
    with ExitStack() as stack:
        env["DISPLAY"] = ":" + stack.enter_context(running(screen, env, log, True))
        address = stack.enter_context(running(bus, env, log, True))
        env["DBUS_SESSION_BUS_ADDRESS"] = address
        desk = Desk(address)
        database = options.folder / "share" / "kstars" / "userdb.sqlite"
        # The first start only makes the database.
        with kstars(desk, env, log):
            time.sleep(2)
        add_profile(database, options)
        (options.folder / "config" / "kstarsrc").write_text(
            RC.format(profile=PROFILE, folder=folder)
        )
        with kstars(desk, env, log) as process:
            begun_s, ended_s, status = capture(desk, process, options, folder)
    kept = len(list(folder.rglob("*.fits")))
    json.dump({"begun_s": begun_s, "ended_s": ended_s, "status": status, "kept": kept}, sys.stdout)


if __name__ == "__main__":
    main()
