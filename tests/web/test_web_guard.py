"""Who is let in, and what no answer goes without."""

import pytest
from asgi import HOST, PROGRAM, Console

from flatctl.errors import ConfigError
from flatctl.web.access import Access, make_tokens
from flatctl.web.api import ROUTES

COMMANDS = [each for each in ROUTES if each.method == "POST" and each.path != "/api/v1/login"]


@pytest.fixture
def nothing_done(monkeypatch):
    """What the console would have done for those who asked."""
    done: list[str] = []
    for what in ("run", "stop", "safe", "panel"):
        monkeypatch.setattr(
            f"flatctl.app.serving.jobs.Jobs.{what}", lambda *_, what=what: done.append(what)
        )
    return done


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8720", "192.0.2.7", "", "127.0.0.1.evil.example", None]
)
def test_a_request_for_another_host_is_refused(console, host):
    answer = console.get("/api/v1/state", host=host)
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("host", [HOST, "localhost", "LOCALHOST:8720", "127.0.0.1"])
def test_a_request_for_this_computer_is_answered(console, host):
    assert console.get("/api/v1/state", host=host).status == 200


def test_the_name_of_a_proxy_is_known_where_it_is_named(rig):
    named = Console([rig], Access(None), ["flats.example.org"])
    assert named.get("/api/v1/state", host="flats.example.org").status == 200


@pytest.mark.parametrize("path", ["/", "/api/v1/state", "/nothing", "/static/console.js"])
def test_no_answer_goes_without_its_headers(console, path):
    headers = console.get(path).headers
    policy = headers["content-security-policy"]
    assert (
        headers["x-frame-options"],
        headers["x-content-type-options"],
        headers["referrer-policy"],
        headers["cache-control"],
        "unsafe" in policy,
        "frame-ancestors 'none'" in policy,
        [name for name in headers if name.startswith("access-control")],
    ) == ("DENY", "nosniff", "no-referrer", "no-store", False, True, [])


@pytest.mark.parametrize("path", [each.path for each in COMMANDS])
def test_nothing_changes_by_get(console, path, nothing_done):
    assert (console.get(path).status, nothing_done) == (405, [])


@pytest.mark.parametrize("path", [each.path for each in COMMANDS])
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/x-www-form-urlencoded", "X-Flatctl": "1"},
        {"Content-Type": "text/plain", "X-Flatctl": "1"},
        {"Content-Type": "application/json"},
        {"X-Flatctl": "1"},
        PROGRAM | {"Sec-Fetch-Site": "cross-site"},
        PROGRAM | {"Sec-Fetch-Site": "same-site"},
        PROGRAM | {"Origin": "http://evil.example"},
        PROGRAM | {"Origin": "null"},
    ],
    ids=["form", "text", "no-header", "no-type", "cross-site", "same-site", "origin", "null"],
)
def test_what_a_page_of_another_site_can_send_is_refused(console, path, headers, nothing_done):
    answer = console.post(path, headers=headers)
    assert (answer.status in (403, 415), nothing_done) == (True, [])


def test_a_form_without_the_key_of_its_page_is_refused(console, nothing_done):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = console.post("/form/safe", b"rig=north&key=guessed", form)
    assert (answer.status, nothing_done) == (403, [])


def test_a_body_that_is_too_large_is_refused(console):
    answer = console.post("/api/v1/stop", b'{"rig": "' + b"x" * 9000 + b'"}')
    assert answer.status == 413


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("run", {"count": 0}, "count"),
        ("run", {"count": "3"}, "count"),
        ("run", {"filters": ["--output=/tmp"]}, "filters"),
        ("run", {"filters": ["R"]}, "filters"),
        ("run", {"mode": "demo"}, "mode"),
        ("run", {"output": "/tmp"}, "output"),
        ("panel", {}, "body"),
        ("panel", {"on": True, "off": True}, "body"),
        ("panel", {"brightness": -1}, "brightness"),
        ("stop", {"rig": "south"}, "rig"),
        ("stop", b"[", "body"),
    ],
)
def test_a_wrong_wish_names_its_field(console, path, body, field, nothing_done):
    answer = console.post(f"/api/v1/{path}", body)
    assert (answer.status, answer.json["field"], nothing_done) == (422, field, [])


@pytest.mark.parametrize(
    "run", ["..", "%2e%2e", "20261128T040000Z/../../etc", "x", "20261128T040000Z_", "/etc/passwd"]
)
def test_a_report_is_found_by_the_id_of_its_run_alone(console, run):
    assert console.get(f"/api/v1/runs/{run}/report").status == 404


class TestTokens:
    @pytest.fixture
    def file(self, tmp_path):
        return tmp_path / "tokens.json"

    @pytest.fixture
    def tokens(self, file):
        return make_tokens(file)

    @pytest.fixture
    def locked(self, rig, file, tokens):
        return Console([rig], Access(file))

    def test_no_file_of_tokens_is_for_others(self, file, tokens):
        assert file.stat().st_mode & 0o777 == 0o600

    def test_a_file_that_others_may_read_is_refused(self, file, tokens):
        file.chmod(0o640)
        with pytest.raises(ConfigError, match="chmod 600"):
            Access(file)

    def test_a_short_token_is_refused(self, file):
        file.write_text('{"drive": "flats"}')
        file.chmod(0o600)
        with pytest.raises(ConfigError, match="too short"):
            Access(file)

    @pytest.mark.parametrize("path", [e.path for e in ROUTES if e.method == "GET" and e.role > 1])
    def test_nobody_sees_anything_without_one(self, locked, path):
        assert locked.get(path).status == 401

    def test_who_has_none_learns_that_it_lives_and_nothing_else(self, locked):
        assert locked.get("/api/v1/health").json == {"ok": True}

    def test_a_program_shows_it_in_a_header(self, locked, tokens):
        headers = {"Authorization": f"Bearer {tokens['watch']}"}
        assert locked.get("/api/v1/state", headers=headers).status == 200

    def test_who_may_only_watch_does_not_drive(self, locked, tokens, nothing_done):
        headers = PROGRAM | {"Authorization": f"Bearer {tokens['watch']}"}
        assert (locked.post("/api/v1/safe", headers=headers).status, nothing_done) == (403, [])

    def test_a_cookie_is_for_no_script_and_no_other_site(self, locked, tokens):
        cookie = locked.post("/api/v1/login", {"token": tokens["drive"]}).headers["set-cookie"]
        words = cookie.lower()
        assert ("httponly" in words, "samesite=strict" in words, "path=/" in words) == (
            True,
            True,
            True,
        )

    def test_a_cookie_lets_in_until_it_is_given_back(self, locked, tokens):
        given = locked.post("/api/v1/login", {"token": tokens["watch"]}).headers["set-cookie"]
        cookie = {"Cookie": given.partition(";")[0]}
        before = locked.get("/api/v1/state", headers=cookie).status
        locked.post("/api/v1/logout", headers=PROGRAM | cookie)
        assert (before, locked.get("/api/v1/state", headers=cookie).status) == (200, 401)

    def test_a_cookie_outlives_the_console(self, locked, rig, file, tokens):
        given = locked.post("/api/v1/login", {"token": tokens["watch"]}).headers["set-cookie"]
        again = Console([rig], Access(file))
        cookie = {"Cookie": given.partition(";")[0]}
        assert again.get("/api/v1/state", headers=cookie).status == 200

    def test_no_cookie_is_stored_as_it_is(self, locked, file, tokens):
        given = locked.post("/api/v1/login", {"token": tokens["watch"]}).headers["set-cookie"]
        cookie = given.partition(";")[0].partition("=")[2]
        stored = file.with_name(file.name + ".sessions").read_text()
        assert (cookie in stored, tokens["watch"] in stored) == (False, False)

    def test_new_tokens_end_every_login(self, locked, rig, file, tokens):
        given = locked.post("/api/v1/login", {"token": tokens["watch"]}).headers["set-cookie"]
        make_tokens(file)
        again = Console([rig], Access(file))
        cookie = {"Cookie": given.partition(";")[0]}
        assert again.get("/api/v1/state", headers=cookie).status == 401

    def test_the_eleventh_login_of_a_minute_is_refused(self, locked):
        tries = [locked.post("/api/v1/login", {"token": "x" * 30}).status for _ in range(11)]
        assert tries == [401] * 10 + [429]

    def test_others_log_in_meanwhile(self, locked, tokens):
        for _ in range(11):
            locked.post("/api/v1/login", {"token": "x" * 30})
        answer = locked.post("/api/v1/login", {"token": tokens["watch"]}, client="192.0.2.9")
        assert answer.status == 200

    def test_figures_are_for_this_computer_or_for_a_token(self, locked, tokens):
        headers = {"Authorization": f"Bearer {tokens['metrics']}"}
        asked = [
            locked.get("/metrics").status,
            locked.get("/metrics", client="192.0.2.9").status,
            locked.get("/metrics", headers={"X-Forwarded-For": "192.0.2.9"}).status,
            locked.get("/metrics", headers=headers, client="192.0.2.9").status,
        ]
        assert asked == [200, 401, 401, 200]

    def test_a_token_for_figures_shows_nothing_else(self, locked, tokens):
        headers = {"Authorization": f"Bearer {tokens['metrics']}"}
        assert locked.get("/api/v1/state", headers=headers).status == 403
