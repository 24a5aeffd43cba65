"""One rig as the console sees it: its journal followed, its claims looked at. It drives nothing."""

import json
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from flatctl.app.wiring.claim import describe_process, name_of
from flatctl.app.wiring.claims_seen import ClaimsSeen
from flatctl.app.wiring.due import Due
from flatctl.app.wiring.journal import SUFFIX, journal_folder
from flatctl.app.wiring.rig import rig_addresses, wait_addresses
from flatctl.errors import FlatctlError
from flatctl.outputs.jsonlines import encode
from flatctl.outputs.sentences.console import light_label, standing_sentence
from flatctl.outputs.standing import Phase, Standing
from flatctl.outputs.stored import event_of, moment
from flatctl.settings.loading import load
from flatctl.settings.models import Settings

KEPT_EVENTS = 1000
_READ_AT_ONCE = 1 << 22
_SUN_S = 60.0


@dataclass(frozen=True)
class Told:
    """A line of a journal: its number among those of its run, its name, and itself as JSON."""

    seq: int
    name: str
    text: str


@dataclass
class ServedRig:
    """A rig by its configuration; `look` brings what is known of it up to date."""

    config: Path
    settings: Settings
    standing: Standing = field(default_factory=Standing)
    told: deque[Told] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS))
    journal: Path | None = None
    head: Mapping[str, object] = field(default_factory=dict)
    holder: int | None = None
    teller: int | None = None
    changes: int = 0

    def __post_init__(self) -> None:
        self._looking = Lock()
        self._file = (0, 0)
        self._offset = 0
        self._heads: dict[Path, tuple[tuple[int, int], Mapping[str, object]]] = {}
        self._stamp = (0, 0)
        self._dawn: tuple[datetime, datetime | None] | None = None
        self._claims = self._claim_names()

    @classmethod
    def of(cls, config: Path) -> "ServedRig":
        """Return the rig of a configuration. Raises `ConfigError`."""
        return cls(config.absolute(), load(config))

    @property
    def name(self) -> str:
        """The rig's name."""
        return self.settings.rig.name

    @property
    def run(self) -> str:
        """What tells one journal of this rig from another; empty without one."""
        began = moment(self.head.get("time"))
        return f"{began:%Y%m%dT%H%M%S%f}_{self.head.get('pid', 0)}" if began else ""

    @property
    def phase(self) -> Phase:
        """What it is at."""
        return self.standing.phase(self.holder, self.teller)

    def look(self, claims: ClaimsSeen) -> bool:
        """Read what was told since, and see who holds the rig; tell whether anything is new."""
        with self._looking:  # jobs look too
            return self._look(claims)

    def _look(self, claims: ClaimsSeen) -> bool:
        before = (self.journal, self._file, self._offset, self.holder)
        self._reload()
        self._find_journal()
        # First the claim, then the rest of the journal: a run tells of its end before it lets go.
        self.holder = claims.holder(self._claims)
        self._read_on()
        own = self.head.get("claims")
        names = [each for each in own if isinstance(each, str)] if isinstance(own, list) else []
        pid = claims.holder(names)
        self.teller = pid if pid == self.head.get("pid") else None
        self.holder = self.holder or self.teller
        if self.phase is Phase.DIED:
            self.standing.died()
        changed = before != (self.journal, self._file, self._offset, self.holder)
        self.changes += changed
        return changed

    def state(self, now: datetime) -> dict[str, object]:
        """Return how it stands at `now`: facts, and how old they are."""
        standing, phase = self.standing, self.phase
        who = describe_process(self.holder) if self.holder else ""
        began = moment(self.head.get("time"))
        told = standing.time or began
        return {
            "rig": self.name,
            "run": standing.record.run or None,
            "running": self.teller is not None,
            "holder": {"pid": self.holder, "what": who} if self.holder else None,
            "phase": phase.value,
            "sentence": standing_sentence(standing, phase, who, now),
            **standing.facts(),
            "light_words": light_label(
                standing.light, standing.brightness, standing.record.brightness_max
            ),
            "next_dawn": self._next_dawn(now),
            "site": None,
            "journal": self.run or None,
            "seq": standing.seq,
            "time": told,
            "age_s": round((now - told).total_seconds(), 1) if told else None,
            "now": now,
        }

    def missed(self, journal: str, after: int) -> list[Told] | None:
        """Return what was told after a number of a journal, None where that is not known any more.

        So it is with a number of another journal, and one that came too long ago.
        """
        if journal != self.run or (self.told and after < self.told[0].seq - 1):
            return None
        return [each for each in self.told if each.seq > after]

    def _next_dawn(self, now: datetime) -> datetime | None:
        if self._dawn is None or abs((now - self._dawn[0]).total_seconds()) > _SUN_S:
            opens = None
            with suppress(FlatctlError):
                opens = Due(self.settings, None, None, "dawn").window(now).opens
            self._dawn = now, opens
        return self._dawn[1]

    def _claim_names(self) -> list[str]:
        waits = [each for name in ("dawn", "dusk") for each in wait_addresses(self.settings, name)]
        return [name_of(address) for address in (*rig_addresses(self.settings), *waits)]

    def _reload(self) -> None:
        """Take the configuration anew where it has changed and is well."""
        with suppress(OSError, FlatctlError):
            facts = self.config.stat()
            stamp = facts.st_mtime_ns, facts.st_size
            if stamp != self._stamp:
                self._stamp = stamp
                self.settings = load(self.config)
                self._claims = self._claim_names()

    def _find_journal(self) -> None:
        """Take the journal of this rig that was begun last."""
        best: tuple[str, Path] | None = None
        for path in journal_folder().glob(f"*{SUFFIX}"):
            with suppress(OSError, ValueError, RecursionError):
                facts = path.stat()
                file = facts.st_dev, facts.st_ino
                known = self._heads.get(path)
                shrunk = path == self.journal and facts.st_size < self._offset
                if known is None or known[0] != file or shrunk:
                    with path.open(encoding="utf-8") as lines:
                        head = json.loads(lines.readline())
                    known = self._heads[path] = (file, head if isinstance(head, dict) else {})
                head = known[1]
                if head.get("rig") == self.name:
                    best = max(best or ("", path), (str(head.get("time", "")), path))
        if best is None:
            return
        file, head = self._heads[best[1]]
        if (best[1], file, head) != (self.journal, self._file, self.head):
            self.journal, self._file, self.head, self._offset = best[1], file, head, 0
            self.standing = Standing()
            self.told.clear()

    def _read_on(self) -> None:
        if self.journal is None:
            return
        with suppress(OSError), self.journal.open("rb") as file:
            file.seek(self._offset)
            content = file.read(_READ_AT_ONCE)
            whole = content[: content.rfind(b"\n") + 1]
            for line in whole.split(b"\n")[:-1]:
                if self._offset:  # the first line is the head
                    self._take(line)
                self._offset += len(line) + 1

    def _take(self, line: bytes) -> None:
        with suppress(ValueError, RecursionError):
            plain = json.loads(line)
            if isinstance(plain, dict):
                self.standing.take(plain, event_of(plain))
                seq = plain.get("seq")
                if isinstance(seq, int):
                    name = str(plain.get("event", ""))
                    self.told.append(Told(seq, name, encode(plain)))


def now_utc() -> datetime:
    """Return this moment."""
    return datetime.now(UTC)
