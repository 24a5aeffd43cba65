#!/usr/bin/env bash
# Guess: a light box follows the wheel named in ACTIVE_FILTER; name another wheel, and the first one is out of the game.
# Seen: once it has listened to a wheel, the driver takes *any* FILTER_SLOT it still hears for its own wheel's: a move of
#   the former wheel sets the lamp to the preset of that slot, over the brightness a client has just set.
# Why: with two wheels on one server (guider and camera) the lamp changes between two flats that nobody asked to differ.
# indi-bin 1.9.9+dfsg-2 (indi_flipflat in its own simulation, with the simulated and the manual wheel), 2026-11-27.
set -eu

command -v indiserver >/dev/null && command -v dpkg-query >/dev/null || { echo "missing: indi-bin"; exit 77; }
version=$(dpkg-query -W -f '${Version}' indi-bin)
case $version in 1.9.9+dfsg-2*) echo "indi-bin $version" ;; *) echo "indi-bin $version is not the one seen"; exit 77 ;; esac

tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; wait; rm -rf "$tmp"' EXIT
export HOME=$tmp
port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
indiserver -p "$port" -u "$tmp/socket" indi_flipflat indi_simulator_wheel indi_manual_wheel 2>"$tmp/log" &
server=$!

cat >"$tmp/client.py" <<'PY'
"""Let the light box follow a second wheel, then move the first."""

import socket
import sys
import time
import xml.etree.ElementTree as ElementTree


class Link:
    """The last value of each member of each property, as an INDI server tells it."""

    def __init__(self, port):
        for _ in range(50):
            try:
                self._socket = socket.create_connection(("127.0.0.1", port))
                break
            except OSError:
                time.sleep(0.1)
        self._parser = ElementTree.XMLPullParser()
        self._parser.feed("<stream>")
        self.values = {}
        self._socket.sendall(b'<getProperties version="1.7"/>')

    def listen(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                self._parser.feed(self._socket.recv(65536))
            except TimeoutError:
                return
            for _, element in self._parser.read_events():
                for member in element:
                    key = (element.get("device"), element.get("name"), member.get("name"))
                    self.values[key] = (member.text or "").strip()

    def put(self, kind, device, name, **members):
        ones = "".join(f'<one{kind} name="{k}">{v}</one{kind}>' for k, v in members.items())
        self._socket.sendall(f'<new{kind}Vector device="{device}" name="{name}">{ones}</new{kind}Vector>'.encode())

    def wait(self, device, name, member, value, seconds=12):
        """Until a member has this value: a number, or a text."""
        end = time.monotonic() + seconds
        while (now := self.values.get((device, name, member))) is None or not same(now, value):
            if time.monotonic() > end:
                sys.exit(f"CHANGED: {device}.{name}.{member} is {now!r}, expected {value!r}")
            self.listen(0.1)


def same(text, value):
    return text == value if isinstance(value, str) else float(text) == value


PANEL, FORMER, PRESENT = "Flip Flat", "Filter Simulator", "Manual Filter"
link = Link(int(sys.argv[1]))
link.wait(PANEL, "SIMULATION", "ENABLE", "Off")
link.put("Switch", PANEL, "SIMULATION", ENABLE="On")
link.wait(PANEL, "SIMULATION", "ENABLE", "On")
for device in (PANEL, FORMER, PRESENT):
    link.wait(device, "CONNECTION", "CONNECT", "Off")
    link.put("Switch", device, "CONNECTION", CONNECT="On")
    link.wait(device, "CONNECTION", "CONNECT", "On")
link.wait(PANEL, "FLAT_LIGHT_FILTER_INTENSITY", "Luminance", 0)  # slot 8 of the former wheel

link.put("Text", PANEL, "ACTIVE_DEVICES", ACTIVE_FILTER=PRESENT)
link.wait(PANEL, "ACTIVE_DEVICES", "ACTIVE_FILTER", PRESENT)
link.listen(2)  # the presets are defined anew, for the slots of the present wheel
link.put("Number", PANEL, "FLAT_LIGHT_FILTER_INTENSITY", Red=10, Green=20, Blue=30)
link.wait(PANEL, "FLAT_LIGHT_FILTER_INTENSITY", "Blue", 30)
link.put("Number", PANEL, "FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE=200)
link.wait(PANEL, "FLAT_LIGHT_INTENSITY", "FLAT_LIGHT_INTENSITY_VALUE", 200)
print(f"the lamp follows {PRESENT!r}; brightness set: 200")

link.put("Number", FORMER, "FILTER_SLOT", FILTER_SLOT_VALUE=3)
link.wait(FORMER, "FILTER_SLOT", "FILTER_SLOT_VALUE", 3)
link.wait(PANEL, "FLAT_LIGHT_INTENSITY", "FLAT_LIGHT_INTENSITY_VALUE", 30)
link.wait(PANEL, "ACTIVE_DEVICES", "ACTIVE_FILTER", PRESENT)
link.wait(PRESENT, "FILTER_SLOT", "FILTER_SLOT_VALUE", 1)
print(f"{FORMER!r} went to slot 3: brightness 30; {PRESENT!r} still stands at 1")
print("as seen: the lamp obeys the wheel it was told to leave")
PY
python3 "$tmp/client.py" "$port"
