"""The e-mail that leaves, byte by byte."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.settings import SmtpSettings
from config.town import Office, load_tables
from registry.models import Letter, Outbox, Reply
from responders.errors import AddressUnusable
from responders.mail import build_message, check_address, envelope_sender, new_message_id

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
OFFICE = load_tables().office
SMTP = SmtpSettings(host="127.0.0.1", sender_address="primaria@example.ro", sender_name="Primăria Mediaș, cabinet")


def build(
    references: list[str] | None = None,
    *,
    message_id: str = "<m1@example.ro>",
    office: Office = OFFICE,
    smtp: SmtpSettings = SMTP,
    **fields: Any,
) -> bytes:
    values = {
        "kind": "answer",
        "recipient_name": "Ștefania Moldovan",
        "recipient_email": "stefania@example.ro",
        "subject": "Re: Groapă",
        "body": "Bună ziua,\n\n.punct la început\nțară",
        **fields,
    }
    reply = Reply(case_id=1, letter_id=1, channel="email", status="approved", created_at=AT, **values)
    letter = Letter(
        entry_id=1,
        channel="email",
        raw_sha256="0",
        received_at=AT,
        registered_at=AT,
        status="ready",
        message_id=message_id,
    )
    outbox = Outbox(
        reply_id=1, channel="email", state="sending", content_hash="0", message_id="<out@example.ro>", created_at=AT
    )
    return build_message(reply, letter, outbox, office, smtp, references or [])


def parsed(raw: bytes) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(raw, policy=policy.default))


def test_the_message_carries_the_approved_text_in_the_senders_thread() -> None:
    message = parsed(build(["<a@example.ro>", "<m1@example.ro>"]))
    assert message["Subject"] == "Re: Groapă"
    assert message["In-Reply-To"] == "<m1@example.ro>"
    assert message["References"] == "<a@example.ro> <m1@example.ro>"
    assert message["Message-ID"] == "<out@example.ro>"
    assert message["Date"].datetime == AT
    assert message["From"].addresses[0].display_name == "Primăria Mediaș, cabinet"
    assert message["To"].addresses[0].display_name == "Ștefania Moldovan"
    assert message.get_content().replace("\r\n", "\n") == "Bună ziua,\n\n.punct la început\nțară\n"


def test_building_again_gives_the_same_bytes() -> None:
    assert build() == build()


def test_only_acknowledgements_are_marked_as_automatic_and_sent_without_a_return_path() -> None:
    assert parsed(build())["Auto-Submitted"] is None
    assert parsed(build())["X-Auto-Response-Suppress"] is None
    assert parsed(build(kind="acknowledgement"))["Auto-Submitted"] == "auto-replied"
    assert parsed(build(kind="acknowledgement"))["X-Auto-Response-Suppress"] == "All"
    acknowledgement = Reply(
        case_id=1, letter_id=1, kind="acknowledgement", channel="email", status="approved", created_at=AT
    )
    assert envelope_sender(acknowledgement, SMTP) == ""


def test_answers_go_to_the_mailbox_that_we_read() -> None:
    message = parsed(build())
    assert message["From"].addresses[0].addr_spec == "primaria@example.ro"
    assert message["Reply-To"] == OFFICE.email
    same = SMTP.model_copy(update={"sender_address": OFFICE.email.upper()})
    assert parsed(build(smtp=same))["Reply-To"] is None
    unusable = OFFICE.model_copy(update={"email": "primăria@example.ro"})
    assert parsed(build(office=unusable))["Reply-To"] is None


def test_identifiers_longer_than_a_line_stay_whole() -> None:
    outlook = f"<{'DB7PR05MB' * 10}@DB7PR05MB4298.eurprd05.prod.outlook.example>"
    longest = f"<{'r' * 200}@{'e' * 200}>"
    raw = build([longest], message_id=outlook)
    assert f"In-Reply-To: {outlook}\r\n".encode() in raw
    assert f"References: {longest}\r\n {outlook}\r\n".encode() in raw
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert parsed(raw)["References"] == f"{longest} {outlook}"


def test_a_name_without_end_is_cut() -> None:
    raw = build(recipient_name="x" * 50_000)
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert parsed(raw)["To"].addresses[0].addr_spec == "stefania@example.ro"


def test_broken_message_ids_of_others_are_left_out() -> None:
    message = parsed(build(["no id", "<a@b> <c@d>", "x@y\r\nBcc: z@example.ro", "plain@example.ro"], message_id=""))
    assert message["References"] is None
    message = parsed(build(["no id", "plain@example.ro"]))
    assert message["References"] == "<plain@example.ro> <m1@example.ro>"


def test_a_long_thread_is_shortened_but_keeps_its_first_message() -> None:
    message = parsed(build([f"<{number}@example.ro>" for number in range(200)]))
    ids = message["References"].split()
    assert len(ids) == 20
    assert ids[0] == "<0@example.ro>"
    assert ids[-1] == "<m1@example.ro>"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=500), st.text(max_size=500), st.text(max_size=3000))
def test_nothing_typed_can_add_a_header_or_a_long_line(name: str, subject: str, body: str) -> None:
    raw = build(recipient_name=name, subject=subject, body=body)
    head = raw.split(b"\r\n\r\n", 1)[0]
    names = {line.split(b":", 1)[0] for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")}
    assert names == {
        b"From",
        b"Reply-To",
        b"To",
        b"Subject",
        b"Date",
        b"Message-ID",
        b"In-Reply-To",
        b"References",
        b"X-Cabinet-Loop",
        b"Content-Type",
        b"Content-Transfer-Encoding",
        b"MIME-Version",
    }
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ion",
        "ion@",
        "ștefan@example.ro",
        "ion@exämple.ro",
        "a@example.ro, b@example.ro",
        "Ion <ion@example.ro>",
        "ion@example.ro\r\nBcc: x@example.ro",
        "ion pop@example.ro",
        "ion..pop@example.ro",
        f"{'a' * 250}@example.ro",
    ],
)
def test_addresses_that_cannot_be_written_to_are_refused_with_a_clear_error(address: str) -> None:
    with pytest.raises(AddressUnusable):
        check_address(address)


def test_ordinary_addresses_are_accepted() -> None:
    for address in ("ion.pop+medias@example.ro", "i_o-n@sub.example.ro", "x@localhost"):
        assert check_address(address) == address


def test_message_ids_are_new_each_time_and_in_the_offices_domain() -> None:
    first, second = new_message_id(OFFICE), new_message_id(OFFICE)
    assert first != second
    assert first.endswith("@primariamedias.ro>")
