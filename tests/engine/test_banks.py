"""A panel with two ranges of light: each filter in its own, and nothing mixed up."""

from dataclasses import replace

import pytest
from bench import Bench

from flatctl.core.types import FilterPlan
from flatctl.storage.history import History

LOW_FRAC = 0.25


class TwoBanks:
    """The stand-in panel with a low bank; remembers in which bank it was lit."""

    def __init__(self, panel) -> None:
        self._panel = panel
        self.bank = None
        self.told = None
        self.lit: list[tuple[str | None, int]] = []

    def use_bank(self, bank) -> None:
        self.bank = bank

    def set_brightness(self, brightness, timeout_s) -> None:
        self.lit.append((self.bank, brightness))
        self.told = brightness
        frac = LOW_FRAC if self.bank == "low" else 1.0
        self._panel.set_brightness(round(frac * brightness), timeout_s)

    def status(self, timeout_s):
        return replace(self._panel.status(timeout_s), brightness=self.told)

    def __getattr__(self, name):
        return getattr(self._panel, name)


@pytest.fixture
def bench(tmp_path):
    return with_banks(tmp_path)


def with_banks(folder, **brightness) -> Bench:
    banks = {"L": "low", "R": "low", "Ha": "high"}
    plans = [FilterPlan(f, count=3, panel_bank=bank, **brightness) for f, bank in banks.items()]
    made = Bench(folder, plans=plans)
    made.fake.panel = TwoBanks(made.fake.panel)
    return made


def test_every_filter_is_taken_in_its_own_bank(bench):
    assert bench.run() == 0
    banks = [bank for bank, _ in bench.fake.panel.lit]
    assert banks == sorted(banks, reverse=True)
    assert set(banks) == {"low", "high"}


def test_what_was_learned_is_kept_apart(bench):
    bench.run()
    with History(bench.folder / "history.sqlite") as history:
        panels = {key.filter: key.panel for key, _ in history.all_trained("bench")}
    name = bench.fake.panel.name
    assert panels == {
        "L": f"{name}, low bank",
        "R": f"{name}, low bank",
        "Ha": f"{name}, high bank",
    }


def test_another_bank_at_the_same_brightness_is_told_to_the_panel(tmp_path):
    bench = with_banks(tmp_path, brightness_start=0.5, brightness_min=0.5, brightness_max=0.5)
    bench.run()
    assert {bank for bank, _ in bench.fake.panel.lit} == {"low", "high"}


def test_a_panel_without_banks_is_never_told_of_one(tmp_path):
    bench = Bench(tmp_path)
    assert bench.run() == 0
    assert not hasattr(bench.fake.panel, "use_bank")
