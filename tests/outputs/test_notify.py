"""Word to the owner, taken by a service on this machine."""

import http.server
import json
import socket
import threading
import time
from contextlib import contextmanager

import pytest
from event_streams import typed

from flatctl.outputs.notify import Messenger, complaint_about, ending_text, occasion_of
from flatctl.outputs.record import RunRecord

# apprise loads all its services, and some of these are old.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SECRET = "hunter2-very-secret"


class Mailbox(http.server.BaseHTTPRequestHandler):
    """Takes what apprise posts as JSON."""

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.taken.append(json.loads(self.rfile.read(length)))
        self.send_response(self.server.answer)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def mailbox(answer: int = 200):
    with http.server.HTTPServer(("127.0.0.1", 0), Mailbox) as server:
        server.taken, server.answer = [], answer
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server, f"json://{SECRET}:{SECRET}@127.0.0.1:{server.server_port}/{SECRET}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def deaf_port():
    """A service that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_message_arrives_with_rig_and_occasion_in_its_title():
    with mailbox() as (server, url):
        messenger = Messenger([url], "refractor")
        messenger.send("finished", "L: complete")
        messenger.close(grace_s=60)
    (message,) = server.taken
    assert (message["title"], message["message"], messenger.complaints) == (
        "refractor: flats finished",
        "L: complete",
        [],
    )


def test_a_service_that_refuses_is_told_without_its_address():
    with mailbox(answer=500) as (_, url):
        messenger = Messenger([url], "rig")
        messenger.send("failed", "x")
        messenger.close(grace_s=60)
    assert messenger.complaints == ["address 1: the message was not taken"]


def test_a_dead_service_delays_nothing(deaf_port):
    messenger = Messenger([f"json://127.0.0.1:{deaf_port}"], "rig")
    begun_s = time.monotonic()
    messenger.send("finished", "x")
    assert time.monotonic() - begun_s < 0.5
    messenger.close(grace_s=0.3)
    assert time.monotonic() - begun_s < 3
    assert messenger.complaints == ["a message was not taken within 0.3 s"]


def test_a_dead_service_does_not_keep_a_living_one_from_its_message(deaf_port):
    with mailbox() as (server, url):
        messenger = Messenger([f"json://127.0.0.1:{deaf_port}", url], "rig")
        messenger.send("finished", "x")
        deadline = time.monotonic() + 20
        while not server.taken and time.monotonic() < deadline:
            time.sleep(0.02)
        messenger.close(grace_s=0)
    assert len(server.taken) == 1


def test_an_unknown_service_is_named_by_its_number_only():
    unknown = f"nosuchservice://{SECRET}"
    assert complaint_about(["json://localhost", unknown]) == (
        "address 2: apprise knows no such service"
    )


def test_an_address_without_a_topic_is_named():
    assert complaint_about(["ntfy://rig", "ntfy://"]) == (
        "address 2: it names no topic, as ntfy://TOPIC does"
    )


def test_nothing_that_apprise_says_of_an_address_is_printed(capfd, caplog):
    messenger = Messenger([f"nosuchservice://{SECRET}", f"json://{SECRET}@127.0.0.1:1"], "rig")
    messenger.send("failed", "x")
    messenger.close(grace_s=60)
    shown = capfd.readouterr()
    heard = shown.out + shown.err + caplog.text + "".join(messenger.complaints)
    assert (SECRET in heard, len(messenger.complaints)) == (False, 2)


@pytest.mark.parametrize(
    ("code", "occasion"),
    [
        (0, "finished"),
        (5, "incomplete"),
        (6, "unsafe"),
        (1, "failed"),
        (4, "failed"),
        (7, "failed"),
        (130, None),
        (143, None),
        (8, "lamp"),
    ],
)
def test_what_an_ending_is_to_the_owner(code, occasion):
    assert occasion_of(code) == occasion


def test_the_text_is_the_end_table_without_a_control_code():
    record = RunRecord.of(
        [
            typed("run_started", filters=["L"], folder="/f"),
            typed("run_finished", exit_code=0, filters={"L": "complete"}),
        ]
    )
    text = ending_text(record, "")
    assert ("complete" in text, "\x1b" in text) == (True, False)


def test_a_run_that_never_began_says_why():
    assert ending_text(RunRecord(), "camera: gone") == "camera: gone"
