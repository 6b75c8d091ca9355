"""Subject and sender of mail that is not taken in."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.preview import Preview, preview


def test_encoded_words_and_raw_bytes_are_read() -> None:
    head = b"From: =?utf-8?q?=C8=98tefania?= <stefania@example.ro>\r\nSubject: Groapa din strada G\xe3rii\r\n\r\n"
    assert preview(head) == Preview("Groapa din strada Gării", "Ștefania <stefania@example.ro>")


def test_a_header_without_them_or_cut_off_says_nothing() -> None:
    for head in (b"", b"\r\n", b"Received: from x", b"Subj"):
        assert preview(head) == Preview()


def test_line_breaks_and_direction_marks_do_not_come_through() -> None:
    said = preview(b"Subject: =?utf-8?b?YQ0KQmNjOiBi4oCuYw==?=\r\nFrom: a\r\n b@example.ro\r\n\r\n")
    assert said == Preview("a Bcc: bc", "a b@example.ro")


def test_endless_fields_are_cut() -> None:
    assert len(preview(b"Subject: " + b"a" * 60_000).subject) == 300


@given(st.binary(max_size=400))
def test_any_bytes_give_two_harmless_lines(head: bytes) -> None:
    said = preview(b"Subject: " + head + b"\r\nFrom: " + head)
    for line in (said.subject, said.sender):
        assert "\x00" not in line
        assert "\n" not in line
        line.encode()
