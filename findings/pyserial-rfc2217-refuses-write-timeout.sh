#!/usr/bin/env bash
# Guess: what opens a panel as socket://HOST:PORT, or by a cable, opens it as rfc2217://HOST:PORT too; its documentation
#   says "All serial port functions are supported."
# Seen: with a write_timeout rfc2217:// raises NotImplementedError, which is no SerialException and no OSError; loop://
#   and socket:// take the same argument. Without it the same port works.
# Why: a lamp behind ser2net can't be put out by a program that bounds its writes, and the error slips through.
# pyserial 3.5 (its own RFC 2217 server in the same process), 2026-11-27.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet pyserial==3.5 || { echo "cannot install pyserial"; exit 77; }
"$tmp/venv/bin/pip" list 2>/dev/null | grep -i -E '^(pyserial) '

cat >"$tmp/ports.py" <<'PY'
"""An echoing port behind RFC 2217 and behind a plain socket, opened with and without write_timeout."""

import logging
import socket
import sys
import threading

import serial
import serial.rfc2217

logging.disable()


def serve(echo):
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            threading.Thread(target=echo, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return f"127.0.0.1:{listener.getsockname()[1]}"


def plain(link):
    while data := link.recv(100):
        link.sendall(data)


class Wire:
    def __init__(self, link):
        self.write = link.sendall


def rfc2217(link):
    port = serial.serial_for_url("loop://", timeout=0.1)
    manager = serial.rfc2217.PortManager(port, Wire(link))
    try:
        while data := link.recv(100):
            port.write(b"".join(manager.filter(data)))
            link.sendall(b"".join(manager.escape(port.read(port.in_waiting))))
    except OSError:
        pass  # the client hung up


def result(url, **options):
    try:
        with serial.serial_for_url(url, timeout=3, **options) as port:
            port.write(b">P000\r")
            return port.read(6)
    except Exception as error:
        kinds = (serial.SerialException, OSError)
        return f"{type(error).__name__}: {error}", isinstance(error, kinds)


urls = {"socket": f"socket://{serve(plain)}", "loop": "loop://", "rfc2217": f"rfc2217://{serve(rfc2217)}"}
seen = {}
for kind, url in urls.items():
    seen[kind] = (result(url), result(url, write_timeout=2))
    print(f"{kind + '://':10} without write_timeout {seen[kind][0]}, with {seen[kind][1]}")
answer = b">P000\r"
refusal = ("NotImplementedError: write_timeout is currently not supported", False)
if seen != {"socket": (answer, answer), "loop": (answer, answer), "rfc2217": (answer, refusal)}:
    sys.exit("CHANGED: expected the echo everywhere but from rfc2217:// with write_timeout")
print("as seen: rfc2217:// alone refuses a write_timeout")
PY
"$tmp/venv/bin/python" "$tmp/ports.py"
