import json
import re
import subprocess
import sys
import time
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from event_streams import Night, complete_night, mixed_night, run_of, told
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flatctl.errors import StorageError, UsageError
from flatctl.outputs import pages
from flatctl.outputs.record import RunRecord
from flatctl.outputs.report import render, write_report, write_report_again
from flatctl.outputs.runfile import RunFile
from flatctl.outputs.stored import events_of
from flatctl.outputs.thumbnail import FrameFolder

VOID = {"br", "circle", "img", "line", "meta", "path", "rect"}


class Page(HTMLParser):
    """The page as a browser reads it: elements with attributes, text, and whether they nest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.source = page
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.explained: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append("why" if dict(attrs).get("class") == "why" else tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() in (tag, "why")

    def handle_data(self, data: str) -> None:
        if "why" in self._open:
            self.explained.append(data)
        elif self._open[-1:] not in (["style"], ["title"]):
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def page_of(night: Night) -> Page:
    return Page(render(RunRecord.of(night), FrameFolder(night.folder, night.folder)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "2026-11-22"
    place.mkdir()
    return place


def small_night(folder: Path, flats: int = 2) -> Night:
    """One complete filter whose FITS files exist."""
    night = Night(folder, ("L",)).begin("L", wanted=flats).trial("L", 0.511)
    for _ in range(flats):
        night.flat("L", 0.511, count=flats, write=True)
    return night.end("L").over()


def test_the_head_names_rig_camera_panel_and_night() -> None:
    text = page_of(complete_night()).text
    for fact in ("mono-refractor", "CCD Simulator", "Flip-Flat on", "night of 22 November 2026"):
        assert fact in text


def test_a_complete_run_is_recognised_at_a_glance() -> None:
    assert "All 2 filters are complete: 8 flats" in page_of(complete_night()).text


def test_an_incomplete_run_is_recognised_at_a_glance() -> None:
    assert "4 of 6 filters complete: 108 flats" in page_of(mixed_night()).text


def test_a_stopped_run_says_that_it_was_stopped() -> None:
    night = Night().begin("L").end("L", "stopped").over(130)
    assert "stopped by the user" in page_of(night).text


def test_a_run_that_was_cut_short_says_that_it_has_no_end() -> None:
    assert "This run has no end" in page_of(Night().begin("L").trial("L", 0.3)).text


def test_what_to_do_is_said_where_a_filter_is_not_complete() -> None:
    assert "raise exposure_s.max to about 120 s" in page_of(mixed_night()).text


def test_every_filter_has_its_chapter_linked_from_the_overview() -> None:
    page = page_of(mixed_night())
    ids = {a["id"] for a in page.all("section") if "id" in a}
    links = {str(a["href"]).removeprefix("#") for a in page.all("a")}
    assert ids == links
    assert len(ids) == 6


@settings(max_examples=10)
@given(st.lists(st.text(max_size=8), min_size=2, max_size=5, unique=True))
@example(["Hα", "Ha", "ha", "H a", "H-a", "#filter-1", ""])
@example(["红", "绿", "<b>", "\u202eR", "\0R"])
def test_no_two_filters_share_a_chapter_whatever_their_names(names: list[str]) -> None:
    night = Night(filters=tuple(names))
    for name in names:
        night.begin(name).end(name)
    page = page_of(night.over()).source
    linked = re.findall(r'<a href="#([^"]+)">([^<]*)</a>', page)
    headed = re.findall(r'id="([^"]+)">\s*<header>\s*<h2>([^<]*)</h2>', page)
    assert linked == headed
    assert len(dict(linked)) == len(names)


def test_the_search_is_told_trial_by_trial() -> None:
    text = page_of(complete_night()).text
    for figure in ("6.20 s", "32 768", "50.0 %"):
        assert figure in text


def test_the_statistics_are_given_in_adu_and_as_fractions_of_full_scale() -> None:
    night = Night(filters=("L",)).begin("L").flat("L", 0.5, count=1).end("L").over()
    text = page_of(night).text
    for label, figure, share in (
        ("Mean", "32 276", "49.25 %"),
        ("Median", "32 768", "50.00 %"),
        ("Standard deviation", "1 147", "1.75 %"),
        ("MAD", "721", "1.10 %"),
        ("Minimum", "23 264", "35.50 %"),
        ("Maximum", "35 716", "54.50 %"),
    ):
        assert f"{label} {figure} {share}" in text


def test_the_count_of_pixels_is_given() -> None:
    night = Night(filters=("L",)).begin("L").flat("L", 0.5, count=1).end("L").over()
    assert "Count: 1 310 720 pixels" in page_of(night).text


def test_a_rejected_frame_is_listed_with_its_reason() -> None:
    text = page_of(mixed_night()).text
    assert "Rejected: 1 frame" in text
    assert "level 57.4 % is outside 46.0 % to 56.0 %" in text


def test_frames_rejected_for_one_reason_are_a_row() -> None:
    night = Night(filters=("L",)).begin("L").trial("L", 0.51)
    for level in (0.57, 0.58, 0.58):
        night.reject("L", level)
    night.flat("L", 0.51).reject("L", 0.58)
    text = page_of(night.end("L", "unstable", "x").over(5)).text
    assert "×3 58.0 % level 58.0 % is outside" in text


def test_what_to_do_is_said_before_the_facts() -> None:
    text = page_of(mixed_night()).text
    assert text.index("What to do") < text.index("Begun")


def test_a_complete_run_with_a_note_is_not_green() -> None:
    found = [{"kind": "dust", "reason": "dust came at column 7, row 9"}]
    page = page_of(complete_night().quality("L", findings=found))
    assert "All 2 filters are complete, 1 of them with a note" in page.text
    assert [p["class"] for p in page.all("p") if "verdict" in p.get("class", "")] == [
        "verdict warn"
    ]


def test_only_filters_that_are_well_are_folded_on_a_phone() -> None:
    folds = [each for each in page_of(mixed_night()).all("details") if each.get("class") == "fold"]
    short = [not each.complete for each in RunRecord.of(mixed_night()).filters.values()]
    assert ["open" in each for each in folds] == short
    assert set(short) == {True, False}


def test_several_filters_are_shown_at_a_glance_before_their_chapters(folder: Path) -> None:
    night = Night(folder, ("L", "R")).begin("L").flat("L", 0.511, write=True)
    night.quality("L", master_noise_frac=0.0048).end("L").begin("R").end("R", "too_dim", "x")
    text = page_of(night.over(5)).text
    assert "L Level 51.1 % Noise of the master 0.48 % R Level – Noise of the master –" in text
    assert text.index("Level 51.1 %") < text.index("Pictures and figures")


def test_the_picture_at_a_glance_is_a_small_one(folder: Path) -> None:
    night = Night(folder, ("L", "R")).begin("L").flat("L", write=True).end("L").over(5)
    glance, chapter = (str(picture["src"]) for picture in page_of(night).all("img"))
    assert len(glance) < len(chapter) / 4


def test_words_of_the_trade_are_explained_to_who_asks() -> None:
    night = complete_night().quality(
        "L", e_per_adu=1.2, transfer_light_adu=[1e4, 3e4], transfer_noise_adu=[90.0, 156.0]
    )
    explained = " ".join(page_of(night).explained)
    for words in ("Electrons that a step", "transfer curve", "Median absolute deviation"):
        assert words in explained


def test_the_noise_of_a_master_is_told_with_what_is_good_enough() -> None:
    night = complete_night().quality("L", master_noise_frac=0.0048, flats_needed=139)
    assert "Noise of the master flat 0.48 % (good enough: below 0.5 %)" in page_of(night).text


def test_faults_of_devices_are_listed() -> None:
    assert "no reply within 2.0 s, asked again yes" in page_of(mixed_night()).text


def test_files_that_do_not_count_are_listed_once_with_the_reason() -> None:
    night = Night().skip("FLAT_1.fits", "it is truncated").skip("FLAT_1.fits", "it is truncated")
    assert page_of(night).text.count("FLAT_1.fits it is truncated") == 1


def test_dark_flats_are_listed_by_exposure() -> None:
    assert "21.4 s 10 of 10" in page_of(mixed_night()).text


def test_flats_of_an_earlier_run_are_told_apart() -> None:
    assert "12 of them from an earlier run" in page_of(mixed_night()).text


def test_a_flat_is_shown_as_a_picture_inside_the_page(folder: Path) -> None:
    pictures = page_of(small_night(folder)).all("img")
    assert [str(p["src"])[:22] for p in pictures] == ["data:image/png;base64,"]
    assert all(p["alt"] for p in pictures)


def test_a_picture_comes_from_the_next_flat_when_the_first_is_broken(folder: Path) -> None:
    night = small_night(folder)
    first = folder / "FLAT" / "FLAT_FILTER-L_0001.fits"
    first.write_bytes(b"torn")
    page = page_of(night)
    assert len(page.all("img")) == 1
    assert "FLAT_FILTER-L_0001.fits: the file can't be read" in page.text


def test_a_flat_that_is_gone_is_named(folder: Path) -> None:
    night = small_night(folder)
    (folder / "FLAT" / "FLAT_FILTER-L_0002.fits").unlink()
    page = page_of(night)
    assert "No longer where it was written: FLAT_FILTER-L_0002.fits." in page.text
    assert len(page.all("img")) == 1


def test_the_page_goes_on_without_any_file() -> None:
    page = page_of(mixed_night("/nowhere/2026-11-22"))
    assert "FLAT_FILTER-L_0001.fits and 29 more" in page.text
    assert "there is no picture" in page.text
    assert "Statistics of the set" in page.text


def test_frames_are_found_when_the_folder_has_moved(folder: Path, tmp_path: Path) -> None:
    night = small_night(folder)
    moved = folder.rename(tmp_path / "archive")
    page = Page(render(RunRecord.of(night), FrameFolder(moved, folder)))
    assert len(page.all("img")) == 1


def test_the_page_needs_nothing_from_outside() -> None:
    page = page_of(mixed_night())
    assert not page.all("script")
    assert not page.all("link")
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", page.source)
    assert "url(" not in page.source


def test_the_page_follows_light_and_dark() -> None:
    assert "prefers-color-scheme: dark" in page_of(complete_night()).source


def test_every_table_has_headings_with_a_scope() -> None:
    page = page_of(mixed_night())
    assert len(page.all("table")) > 10
    assert all(a.get("scope") in ("col", "row") for a in page.all("th"))


def test_every_drawing_has_a_description() -> None:
    drawings = page_of(mixed_night()).all("svg")
    assert len(drawings) > 10
    assert all(a.get("aria-label") for a in drawings)


@pytest.mark.parametrize(
    "evil", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "$title &amp;", "{{ 7 * 7 }}"]
)
def test_nothing_from_a_device_or_a_file_becomes_markup(evil: str) -> None:
    night = Night("/nowhere/" + evil, (evil,), rig=evil, camera=evil, panel=evil)
    night.begin(evil).trial(evil, 0.5).flat(evil, path=f"/nowhere/{evil}.fits")
    night.reject(evil).fault(evil, evil).end(evil, evil, evil).over(5, evil)
    for event in night.events:
        event |= {key: evil for key in ("run", "reason", "verdict") if key in event}
    page = page_of(night)
    assert evil in page.text
    assert not page.all("script")
    assert not [a for _, a in page.elements if "onerror" in a]


def test_half_a_file_name_in_another_encoding_does_not_break_the_page() -> None:
    night = Night("/nowhere/n\udce9ant", ("L",)).begin("L").flat("L", path="/n\udce9ant.fits")
    assert page_of(night).source.encode("utf-8")


@pytest.mark.parametrize("run", [{}, {"events": None}, {"events": [1, None, {"event": "flat"}]}])
def test_a_damaged_run_still_gives_a_page(run: dict[str, object]) -> None:
    assert Page(render(RunRecord.of(events_of(run)), FrameFolder(Path("/nowhere"), None))).text


@pytest.mark.parametrize("key", ["time", "exposed_at"])
@pytest.mark.parametrize("when", ["0001-01-01T05:00:00Z", "9999-12-31T23:59:59Z", "0002-06-01"])
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Lima"])
def test_a_time_far_from_any_night_still_gives_a_page(
    monkeypatch: pytest.MonkeyPatch, zone: str, when: str, key: str
) -> None:
    night = Night(filters=("L",)).begin("L").flat("L", **{key: when}).flat("L").end("L").over()
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        page = page_of(night)
    time.tzset()
    assert len(page.source) < 200_000


def test_a_set_of_3000_flats_still_gives_a_page() -> None:
    night = Night(filters=("L",)).begin("L", wanted=3000)
    for _ in range(3000):
        night.flat("L", count=3000)
    assert page_of(night.end("L").over()).source.count('class="kept"') == 3000


def test_the_report_is_written_beside_the_run(folder: Path) -> None:
    record = told(RunFile(write), small_night(folder))
    assert write_report(record, write) == folder / "report.html"
    assert "The filter is complete: 2 flats" in Page((folder / "report.html").read_text()).text


def test_the_report_made_at_the_end_of_a_run_is_the_one_made_of_its_file(folder: Path) -> None:
    two_runs(folder)
    page = write_report_again(folder, write).read_text()
    record = RunRecord.of(events_of(json.loads((folder / "run.json").read_text())))
    assert write_report(record, write).read_text() == page


def test_an_earlier_run_of_the_night_can_be_reported_too(folder: Path) -> None:
    write(folder / "run_20261122T171530Z.json", json.dumps(run_of(complete_night(folder))))
    path = write_report_again(folder / "run_20261122T171530Z.json", write)
    assert path == folder / "report_20261122T171530Z.html"


def test_a_folder_without_a_run_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give the folder of a night"):
        write_report_again(tmp_path, write)


@pytest.mark.parametrize("content", ["{torn", "[]", "\x00"])
def test_a_run_file_that_cannot_be_read_is_a_storage_error(tmp_path: Path, content: str) -> None:
    write(tmp_path / "run.json", content)
    with pytest.raises(StorageError, match=r"run\.json"):
        write_report_again(tmp_path, write)


def two_runs(folder: Path) -> None:
    """Put two runs of one night on disk: the first is stopped, the second completes it."""
    first = Night(folder, ("L", "R")).begin("L", wanted=3).trial("L", 0.3).trial("L", 0.51, 90)
    for _ in range(3):
        first.flat("L", count=3)
    first.end("L").begin("R", wanted=3).trial("R", 0.5).flat("R", count=3).end("R", "stopped")
    later = first.begun + timedelta(hours=9)
    second = Night(folder, ("L", "R"), start=later).begin("L", wanted=3, present=3).end("L")
    second.begin("R", wanted=3, present=1).trial("R", 0.52)
    second.flat("R", count=3).flat("R", count=3).end("R").over()
    for night in (first.over(130), second):
        told(RunFile(write), night)


def test_the_page_of_a_night_shows_all_its_runs(folder: Path) -> None:
    two_runs(folder)
    page = Page(write_report_again(folder, write).read_text())
    assert "All 2 filters are complete: 6 flats" in page.text
    assert page.text.count("3 of 3 flats on disk") == 2
    assert page.source.count('class="kept"') == 6
    assert "Runs of this night" in page.text
    assert "17:15:30" in page.text
    assert "stopped by the user" in page.text


def test_the_search_of_a_filter_that_was_complete_already_stays_on_the_page(folder: Path) -> None:
    two_runs(folder)
    page = Page(write_report_again(folder, write).read_text())
    assert "found in 2 trials" in page.text


def test_a_filter_that_a_later_run_did_not_come_to_is_as_the_earlier_run_left_it(
    folder: Path,
) -> None:
    for night in (
        Night(folder, ("L",)).begin("L", wanted=1).flat("L", count=1).end("L").over(),
        Night(folder, ("R", "L")).begin("R").end("R", "device", "no reply").over(4),
    ):
        told(RunFile(write), night)
    assert "1 of 2 filters complete" in Page(write_report_again(folder, write).read_text()).text


def test_an_earlier_run_that_cannot_be_read_is_named_on_the_page(folder: Path) -> None:
    two_runs(folder)
    (earlier,) = folder.glob("run_*.json")
    earlier.write_text("{torn")
    page = Page(write_report_again(folder, write).read_text())
    assert f"An earlier run of the night is not on this page: {earlier}" in page.text
    assert "2 filters are complete" in page.text


def test_what_was_found_in_a_set_is_said_in_its_chapter_and_counted_in_the_overview() -> None:
    found = [{"kind": "dust", "reason": "dust came at column 7, row 9"}]
    night = complete_night().quality("L", findings=found)
    text = page_of(night).text
    assert "Look at this Dust came at column 7, row 9." in text
    assert "complete 1 note" in text


def test_what_a_set_is_worth_is_told_in_figures() -> None:
    night = complete_night().quality(
        "L",
        photons_e=1_234_567.0,
        e_per_adu=1.234,
        noise_frac=0.0056,
        profile=[1.0, 0.9, 0.8],
        transfer_light_adu=[10_000.0, 30_000.0],
        transfer_noise_adu=[90.0, 156.0],
    )
    text = page_of(night).text
    for figure in (
        "Photons per pixel 1 234 567",
        "Gain 1.23 e-/ADU",
        "Radial profile",
        "what photons alone make at 1.23 e-/ADU. One flat has 0.56 % of noise.",
        "There is no earlier set to compare with",
    ):
        assert figure in text


def test_what_is_not_known_of_a_set_is_left_out() -> None:
    night = complete_night().quality("L", channels={"R": "much"})
    text = page_of(night).text
    assert [each for each in ("Photons per", "Gain", "Median of R") if each in text] == []


def test_a_colour_camera_has_the_median_of_every_channel() -> None:
    night = complete_night().quality("L", channels={"R": 14325.0, "G": 34336.0, "B": 20000.0})
    assert "Median of R 14 325 ADU" in page_of(night).text


def test_dust_that_came_is_circled_in_the_picture_of_what_changed() -> None:
    night = complete_night().quality(
        "L",
        compared=True,
        cell_px=20,
        difference_ppm=[[0] * 64] * 48,
        spots=[{"row_px": 210, "col_px": 410, "depth_frac": 0.016}],
        findings=[],
    )
    page = page_of(night)
    assert any(a.get("cx") == "20.5" for a in page.all("circle"))
    assert "−1.6 %" in page.text
    assert "1 spot came or went" in page.text


def test_a_page_that_its_template_does_not_fit_cannot_be_stored() -> None:
    with pytest.raises(
        StorageError, match=r"can't be made from report\.html \('run' is undefined\)"
    ):
        pages.render("report.html")


def test_templates_are_not_loaded_before_a_run_ends() -> None:
    code = "import sys, flatctl.app.run; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
