"""The tables of the search benchmark, as Markdown."""

from pathlib import Path
from statistics import mean, median

from case import Case, wrong

PARTS = {"first": "first filter", "later": "later filters", "trained": "trained"}


def tables(wide: list[Case], narrow: list[Case]) -> str:
    """Return the tables of both tolerances."""
    head = (
        "| | mean | median | p95 | max | reached | wrong endings | open shutter |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    lines = ["Exposures before the accepted one, tolerance ±5 % of full scale:", "", head]
    for part, label in PARTS.items():
        lines.append(_row(f"**flatctl**, {label}", _of(wide, "flatctl", part)))
    for name in dict.fromkeys(c.program for c in wide if c.program != "flatctl"):
        lines.append(_row(name, _of(wide, name, "any")))
    lines += ["", "The same at ±1 %:", "", head]
    for part, label in PARTS.items():
        lines.append(_row(f"**flatctl**, {label}", _of(narrow, "flatctl", part)))
    return "\n".join([*lines, "", *_claims(wide, narrow)])


def _of(cases: list[Case], program: str, part: str) -> list[Case]:
    return [c for c in cases if (c.program, c.part) == (program, part)]


def _row(label: str, cases: list[Case]) -> str:
    spent = sorted(c.frames - 1 for c in cases if c.ending == "accepted" and c.in_band)
    possible = [c for c in cases if c.reachable]
    reached = sum(c.ending == "accepted" and c.in_band for c in possible)
    return (
        f"| {label} | {mean(spent):.2f} | {median(spent):g} | {spent[int(0.95 * len(spent))]} "
        f"| {spent[-1]} | {100 * reached / len(possible):.1f} % | {sum(map(wrong, cases))} "
        f"of {len(cases)} | {mean(c.open_s for c in cases):.1f} s |"
    )


def _claims(wide: list[Case], narrow: list[Case]) -> list[str]:
    ours = [c for c in wide if c.program == "flatctl"]
    hopeless = [c.frames for c in ours if not c.reachable and c.ending != "accepted"]
    fine = [c for c in narrow if c.steps >= 255]
    return [
        f"Hopeless targets ({len(hopeless)}) are given up after {mean(hopeless):.2f} exposures on "
        f"average, {max(hopeless)} at most. Of the reachable ones "
        f"{sum(c.reachable and c.ending != 'accepted' for c in ours)} are missed; "
        f"{sum(c.ending == 'accepted' and not c.in_band for c in ours)} frames out of the band are "
        f"accepted; the order (brightness, then exposure) is broken "
        f"{sum(not c.order_kept for c in ours)} times. At ±1 % "
        f"{sum(c.reachable and c.ending != 'accepted' for c in fine)} reachable targets are missed "
        "on panels of 255 steps and more."
    ]


def insert(page: Path, text: str, mark: str = "benchmark") -> None:
    """Put a text between the markers of a page."""
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
