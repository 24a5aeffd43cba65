"""Messages to the owner of a rig that nobody watches."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from flatctl.errors import ConfigError, FlatctlError, light_unknown_behind
from flatctl.events import Event
from flatctl.outputs.aside import warn
from flatctl.outputs.notify import GRACE_S, Messenger, complaint_about, ending_text, occasion_of
from flatctl.outputs.record import RunRecord
from flatctl.settings.models import Settings
from flatctl.storage.naming import local_zone, night_of
from flatctl.storage.quota import Quota


class Notifier(AbstractContextManager["Notifier"]):
    """Send messages, as many as a night allows. Leaving the block waits `grace_s` for them."""

    def __init__(self, settings: Settings) -> None:
        notify = settings.notify
        self._rig = settings.rig.name
        self._occasions = notify.occasions
        self.grace_s = GRACE_S
        self._record = RunRecord()
        self._quota = Quota(settings.output.history.with_name("messages.json"), notify.at_most)
        try:
            self._messenger = Messenger(notify_urls(settings), self._rig)
        except ConfigError as error:
            # Flats without a message are better than a message without flats.
            self._messenger = Messenger([], self._rig)
            self._messenger.complaints.append(str(error))

    def __exit__(self, *_: object) -> None:
        self._messenger.close(self.grace_s)
        for complaint in dict.fromkeys(self._messenger.complaints):
            warn(f"notify: {complaint}")

    def listen(self, _event: Event, run: RunRecord) -> None:
        """Keep the record of the run, for the table at its end."""
        self._record = run

    def tell(self, occasion: str, text: str) -> None:
        """Send a message, if it is wanted and the night still allows it."""
        night = night_of(datetime.now(UTC), local_zone())
        last_word = occasion in ("finished", "incomplete")
        if (
            self._messenger.urls
            and occasion in self._occasions
            and self._quota.grant(self._rig, night, f"{occasion} {text}", last_word=last_word)
        ):
            self._messenger.send(occasion, text)

    def warn(self, occasion: str, text: str) -> None:
        """Send a message that no limit and no choice of occasions mutes."""
        self._messenger.send(occasion, text)

    def report_ending_of(self, job: Callable[[], int]) -> int:
        """Do a job and send a message of how it ended, however it ended."""
        try:
            code = job()
        except FlatctlError as error:
            heard = light_unknown_behind(error) or error
            self._ended(heard.exit_code, str(heard))
            raise
        except Exception as error:
            if lost := light_unknown_behind(error):
                self._ended(lost.exit_code, str(lost))
                raise
            self._ended(FlatctlError.exit_code, "flatctl: internal error; its log says more")
            raise
        self._ended(code, "")
        return code

    def _ended(self, exit_code: int, reason: str) -> None:
        occasion = occasion_of(exit_code)
        if occasion is not None:
            say = self.warn if occasion == "lamp" else self.tell
            say(occasion, ending_text(self._record, reason))


def notify_urls(settings: Settings) -> list[str]:
    """Return the addresses of the configuration and of its file of addresses.

    Raises `ConfigError` where that file can't be read.
    """
    urls = [url.get_secret_value() for url in settings.notify.urls]
    path = settings.notify.urls_file
    if path is not None:
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or "it is no text"
            raise ConfigError(f"{path}: notify.urls_file can't be read: {why}") from error
        urls += [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return urls


def look_at_notify(settings: Settings) -> str:
    """Return that messages can be sent, as far as can be told without sending one.

    Raises `ConfigError` for what has to be fixed.
    """
    urls = notify_urls(settings)
    complaint = complaint_about(urls)
    if complaint:
        raise ConfigError(f"notify: {complaint}")
    path = settings.notify.urls_file
    if path is not None and path.stat().st_mode & 0o077:
        raise ConfigError(f"{path}: others may read these secrets: chmod 600 {path}")
    return f"{len(urls)} service(s), {settings.notify.at_most} messages a night at most"
