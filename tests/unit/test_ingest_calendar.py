from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.i18n import speaking
from ingest.calendar import invitation_text, read_calendar
from ingest.timebox import Budget
from tests.support.mails import Container, Leaf, file, html, mail, text
from tests.support.mails_more import calendar, invitation, take

ZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\n"
    "TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)


def words(*lines: str, method: str = "REQUEST") -> str:
    found = read_calendar(calendar(*lines, method=method), "", Budget())
    assert found is not None
    return invitation_text(found)


def test_an_invitation_is_told_in_words() -> None:
    assert words(
        "SUMMARY:Audiență la primar",
        "DTSTART;TZID=Europe/Bucharest:20261102T100000",
        "DTEND;TZID=Europe/Bucharest:20261102T110000",
        "LOCATION:Sala 1\\, etaj 2",
        'ORGANIZER;CN="Ilinca Țăranu":mailto:ilinca@example.ro',
        "ATTENDEE;RSVP=TRUE:mailto:primaria@medias.example",
        "DESCRIPTION:Despre groapă.\\nVă aștept.",
    ) == (
        "Invitație\n\n"
        "Ce: Audiență la primar\n"
        "Când: 02.11.2026, 10:00 – 11:00, ora României\n"
        "Unde: Sala 1, etaj 2\n"
        "Organizator: Ilinca Țăranu <ilinca@example.ro>\n"
        "Expeditorul așteaptă un răspuns.\n\n"
        "Despre groapă.\nVă aștept."
    )


@pytest.mark.parametrize(
    ("lines", "when"),
    [
        (["DTSTART:20261102T080000Z"], "02.11.2026, 10:00, ora României (în invitație: 02.11.2026, 08:00 UTC)"),
        (["DTSTART:20260702T080000Z"], "02.07.2026, 11:00, ora României (în invitație: 02.07.2026, 08:00 UTC)"),
        (
            ["DTSTART;TZID=America/New_York:20261102T200000", "DURATION:PT2H"],
            "03.11.2026, 03:00 – 05:00, ora României (în invitație: 02.11.2026, 20:00 America/New_York)",
        ),
        (["DTSTART:20261102T100000"], "02.11.2026, 10:00 (fără fus orar)"),
        (["DTSTART;VALUE=DATE:20261102"], "02.11.2026"),
        (["DTSTART;VALUE=DATE:20261102", "DTEND;VALUE=DATE:20261103"], "02.11.2026"),
        (["DTSTART;VALUE=DATE:20261102", "DTEND;VALUE=DATE:20261105"], "02.11.2026 – 04.11.2026"),
        (
            ["DTSTART;TZID=Europe/Bucharest:20261102T230000", "DTEND;TZID=Europe/Bucharest:20261103T010000"],
            "02.11.2026, 23:00 – 03.11.2026, 01:00, ora României",
        ),
    ],
)
def test_times_are_told_on_a_romanian_clock(lines: list[str], when: str) -> None:
    assert f"Când: {when}\n" in words("SUMMARY:Ședință", *lines) + "\n"


def test_outlooks_own_time_zones_are_understood() -> None:
    raw = calendar("SUMMARY:A", "DTSTART;TZID=W. Europe Standard Time:20261102T090000")
    found = read_calendar(raw.replace(b"BEGIN:VEVENT", ZONE.encode() + b"BEGIN:VEVENT", 1), "", Budget())
    assert found is not None
    assert "02.11.2026, 10:00, ora României" in invitation_text(found)


@pytest.mark.parametrize(
    ("method", "title"),
    [
        ("REQUEST", "Invitație"),
        ("CANCEL", "Întâlnire anulată"),
        ("REPLY", "Răspuns la o invitație"),
        ("COUNTER", "Propunere de altă oră"),
        ("PUBLISH", "Întâlnire"),
    ],
)
def test_what_the_calendar_is_for_is_told(method: str, title: str) -> None:
    assert words("SUMMARY:A", method=method).startswith(f"{title}\n\nCe: A")


def test_a_series_says_that_it_repeats_and_long_lists_are_cut() -> None:
    assert "Se repetă." in words("SUMMARY:A", "DTSTART:20261102T100000", "RRULE:FREQ=WEEKLY")
    many = calendar("SUMMARY:A", *["END:VEVENT", "BEGIN:VEVENT", "SUMMARY:B"] * 30)
    found = read_calendar(many, "", Budget())
    assert found is not None
    assert invitation_text(found).endswith("… și încă 21 întâlniri în fișier.")


def test_other_languages_are_spoken() -> None:
    with speaking("en"):
        assert words("SUMMARY:A").startswith("Invitation\n\nWhat: A")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" * 5_000,
        calendar("SUMMARY:A")[:60],
        b"BEGIN:VEVENT\r\nEND:VCALENDAR\r\n",
    ],
)
def test_a_damaged_calendar_tells_nothing(raw: bytes) -> None:
    assert read_calendar(raw, "", Budget()) is None


@pytest.mark.parametrize(
    "lines",
    [
        ["DTSTART:nicicând", "SUMMARY:A"],
        ["DTSTART:00010101T000000", "SUMMARY:A"],
        ["DTSTART;TZID=Marte/Olympus:20261102T100000", "SUMMARY:A"],
        ["DTSTART:20261102T100000", "DTEND;VALUE=DATE:20261102", "SUMMARY:A"],
        ["DTSTART:20261102T100000Z", "DTEND:20261102T110000", "SUMMARY:A"],
        ["DTSTART:99991231T235959Z", "SUMMARY:A"],
        ["DTSTART:20261102T100000Z", "DURATION:P99999999D", "SUMMARY:A"],
        ["SUMMARY:A", "SUMMARY:B"],
        ["SUMMARY:A\x00\x1b[31m\u202e"],
    ],
)
def test_odd_values_are_left_out(lines: list[str]) -> None:
    told = words(*lines)
    assert "Ce: A" in told
    assert not {"\x00", "\x1b", "\u202e"} & set(told)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.sampled_from(["DTSTART", ":", ";TZID=", "2026", "\r\n", "RRULE:FREQ=", "BEGIN:VEVENT", "\x00", "ș"]))
)
def test_no_lines_raise(pieces: list[str]) -> None:
    found = read_calendar(calendar("".join(pieces)), "", Budget())
    assert found is None or invitation_text(found)


def test_an_invitation_in_a_mail_is_a_part_with_words(tmp_path: Path) -> None:
    body = Container(
        [text("Vă invit la o discuție."), html("<p>Vă invit.</p>"), invitation("SUMMARY:Discuție")], "alternative"
    )
    message = take(tmp_path, mail(body))
    assert message.text.strip() == "Vă invit la o discuție."
    (part,) = message.parts
    assert part.invitation is not None
    assert (part.invitation.method, part.invitation.entries[0].summary) == ("request", "Discuție")


def test_a_calendar_is_known_by_its_content(tmp_path: Path) -> None:
    message = take(tmp_path, mail(Container([text(), file(calendar("SUMMARY:Discuție"), name="invite.ics")])))
    assert message.parts[0].invitation is not None


def test_a_calendar_that_cannot_be_read_is_kept_and_told(tmp_path: Path) -> None:
    message = take(tmp_path, mail(Container([text(), Leaf(b"BEGIN:VCALENDAR\n", "text/calendar")])))
    assert message.problems == ("calendar-unreadable",)
    assert len(message.parts) == 1
