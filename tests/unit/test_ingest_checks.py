"""The rules of machine mail one by one: what each says, and which goes before which."""

import pytest

from ingest.checks import RULES, SORTED_OUT, Context, machine_mail, sorts_out
from ingest.checks.finding import Finding
from ingest.checks.own_ids import own_ids
from ingest.headers import Headers
from registry.no_reply import is_no_reply, reads_no_answers
from responders.mail import new_message_id
from tests.support.factories import tables

OURS = "<cabinet.0a1b2c3d4e5f60718293a4b5c6d7e8f9@medias.example>"
PERSON = Context(from_address="stefania@example.ro", subject="Groapa din strada Lazăr")


def checked(*fields: tuple[str, str], **context: object) -> Finding | None:
    given = {name: getattr(PERSON, name) for name in Context.__slots__} | {"own_domain": "medias.example"} | context
    return machine_mail(Headers(fields), Context(**given))  # type: ignore[arg-type]


def test_a_letter_of_a_person_is_no_machine_mail() -> None:
    assert checked(("from", "Ștefania <stefania@example.ro>"), ("return-path", "<stefania@example.ro>")) is None


@pytest.mark.parametrize(
    ("field", "kind", "rule"),
    [
        (("content-type", "multipart/report; report-type=delivery-status"), "bounce", "delivery_report"),
        (("content-type", 'multipart/report; boundary=x; report-type="feedback-report"'), "report", "delivery_report"),
        (("x-cabinet-loop", OURS), "own", "own_message"),
        (("message-id", OURS.upper()), "own", "own_message"),
        (("message-id", "<123@medias.example>"), None, ""),
        (("x-cabinet-loop", "<cabinet.0a1b2c3d4e5f60718293a4b5c6d7e8f9@sibiu.example>"), None, ""),
        (("x-failed-recipients", "a@example.ro"), "bounce", "auto_response_headers"),
        (("x-ms-exchange-message-is-ndr", ""), "bounce", "auto_response_headers"),
        (("x-autoreply", "yes"), "auto-reply", "auto_response_headers"),
        (("x-autoreply", "no"), None, ""),
        (("feedback-id", "1:2:3"), "bulk", "bulk_headers"),
        (("x-campaign-id", "11"), "bulk", "bulk_headers"),
        (("list-unsubscribe", "<https://x.example>"), "bulk", "bulk_headers"),
        (("feedback-id", "::1.eu-central-1.x:AmazonSES"), "no-reply", "asks_for_silence"),
        (("x-auto-response-suppress", "All"), "no-reply", "asks_for_silence"),
        (("x-auto-response-suppress", "None"), None, ""),
        (("from", "MAILER-DAEMON"), None, ""),
        (("auto-submitted", "auto-replied (vacation)"), "auto-reply", "auto_submitted"),
        (("auto-submitted", "auto-notified; owner-email=x@example.ro"), "report", "auto_submitted"),
        (("auto-submitted", "auto-generated"), "no-reply", "asks_for_silence"),
        (("auto-submitted", "No"), None, ""),
        (("return-path", "<>"), "no-reply", "asks_for_silence"),
        (("return-path", "<ion@example.ro>"), None, ""),
        (("list-id", "<vecini.example.ro>"), "list", "list_headers"),
        (("list-post", "NO"), None, ""),
        (("x-mailing-list", "vecini"), "list", "list_headers"),
        (("precedence", "Bulk"), "bulk", "precedence"),
        (("precedence", "auto_reply"), "auto-reply", "precedence"),
        (("precedence", "first-class"), None, ""),
    ],
)
def test_one_field_is_enough(field: tuple[str, str], kind: str | None, rule: str) -> None:
    finding = checked(field)
    assert (finding.kind if finding else None, finding.rule if finding else "") == (kind, rule)


@pytest.mark.parametrize(
    ("types", "kind"),
    [
        ({"multipart/report", "message/delivery-status"}, "bounce"),
        ({"message/disposition-notification"}, "report"),
        ({"message/feedback-report"}, "report"),
    ],
)
def test_report_parts_of_a_program_tell_bounces_from_receipts(types: set[str], kind: str) -> None:
    finding = checked(("return-path", "<>"), part_types=frozenset(types))
    assert finding == Finding(kind, "delivery_report")  # type: ignore[arg-type]


def test_a_citizen_may_attach_a_delivery_report() -> None:
    assert checked(("return-path", "<ion@example.ro>"), part_types=frozenset({"message/delivery-status"})) is None


@pytest.mark.parametrize(
    ("sender", "kind"),
    [
        ("MAILER-DAEMON@mx.example.ro", "bounce"),
        ("postmaster@example.ro", "no-reply"),
        ("no-reply@example.ro", "no-reply"),
        ("NoReply+1@example.ro", "no-reply"),
        ("facturi-nu-raspunde@example.ro", "no-reply"),
        ("ne-valaszoljon@example.hu", "no-reply"),
        ("registratura@medias.example", "own"),
        ("taxe@medias.example", None),
        ("postmasters.friend@example.ro", None),
        ("moreply@example.ro", None),
    ],
)
def test_the_sender_tells(sender: str, kind: str | None) -> None:
    finding = checked(from_address=sender, own_addresses=frozenset({"registratura@medias.example"}))
    assert (finding.kind if finding else None) == kind


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("Undelivered Mail Returned to Sender", "bounce"),
        ("Nelivrat: groapa", "bounce"),
        ("Răspuns automat: groapa", "auto-reply"),
        ("Raspuns automat", "auto-reply"),
        ("Automatische Antwort: Loch", "auto-reply"),
        ("Automatikus válasz: gödör", "auto-reply"),
        ("Out of Office", "auto-reply"),
        ("Absența copilului meu", "auto-reply"),
        ("Groapa: răspuns automat?", None),
        ("Autorizație de construire", None),
    ],
)
def test_subjects_alone_are_a_weak_sign_that_hides_nothing(subject: str, kind: str | None) -> None:
    finding = checked(subject=subject)
    assert (finding.kind if finding else None) == kind
    assert finding is None or (finding.weak and not sorts_out(finding.kind, finding.rule))


@pytest.mark.parametrize(
    "sign",
    [
        ("return-path", "<>"),
        ("in-reply-to", OURS),
        ("auto-submitted", "auto-generated"),
        ("x-auto-response-suppress", "OOF"),
    ],
)
def test_a_subject_with_another_sign_is_sure(sign: tuple[str, str]) -> None:
    assert checked(sign, subject="Răspuns automat: groapa") == Finding("auto-reply", "subject_and_sign")


def test_words_of_absence_need_a_sign_that_no_institution_has() -> None:
    assert checked(("in-reply-to", OURS), subject="În concediu") == Finding("auto-reply", "subject_and_sign")
    asked = checked(("x-auto-response-suppress", "All"), subject="Absența elevilor în noiembrie")
    assert asked == Finding("no-reply", "asks_for_silence")


def test_an_answer_to_us_without_a_return_address_is_a_programs() -> None:
    assert checked(("return-path", "<>"), ("references", OURS)) == Finding("auto-reply", "null_return_path")


@pytest.mark.parametrize(
    ("methods", "kind"), [({"REPLY"}, "report"), ({"REQUEST"}, None), ({"COUNTER"}, None), ({"REPLY", "REQUEST"}, None)]
)
def test_a_calendars_answer_is_a_report_and_an_invitation_a_letter(methods: set[str], kind: str | None) -> None:
    finding = checked(calendar_methods=frozenset(methods))
    assert (finding.kind if finding else None) == kind


def test_a_form_that_writes_in_our_name_for_a_citizen_is_no_letter_of_ours() -> None:
    own = {"from_address": "primaria@medias.example", "own_addresses": frozenset({"primaria@medias.example"})}
    assert checked(("reply-to", "Ion <ion@example.ro>"), **own) == Finding("no-reply", "web_form")
    assert checked(("reply-to", "primaria@medias.example"), **own) == Finding("own", "own_message")


@pytest.mark.parametrize(
    ("fields", "finding"),
    [
        (
            [("precedence", "bulk"), ("auto-submitted", "auto-generated"), ("x-failed-recipients", "a@b.ro")],
            Finding("bounce", "auto_response_headers"),
        ),
        ([("precedence", "bulk"), ("auto-submitted", "auto-replied")], Finding("auto-reply", "auto_submitted")),
        ([("list-unsubscribe", "<x>"), ("list-post", "<mailto:l@x>")], Finding("list", "list_headers")),
        ([("list-unsubscribe", "<x>"), ("list-id", "<l.x>")], Finding("bulk", "bulk_headers")),
        ([("auto-submitted", "auto-generated"), ("list-unsubscribe", "<x>")], Finding("bulk", "bulk_headers")),
    ],
)
def test_what_a_mail_is_goes_before_how_it_was_sent(fields: list[tuple[str, str]], finding: Finding) -> None:
    assert checked(*fields) == finding


def test_lists_and_no_reply_senders_hide_no_letter() -> None:
    assert {"list", "no-reply"}.isdisjoint(SORTED_OUT)
    assert sorts_out("bulk", "bulk_headers")
    assert not sorts_out("", "")


def test_every_rule_has_a_name_of_its_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES) == 15


def test_our_own_identifiers_are_recognised_and_no_others() -> None:
    office = tables().office
    domain = office.email.rpartition("@")[2]
    ours = new_message_id(office)
    assert own_ids(f"x {ours} y", domain) == (ours.strip("<>"),)
    for other in (ours.replace("cabinet.", "x."), ours[:-1] + ".evil.example>", ours.replace("@", "@x-"), ""):
        assert own_ids(other, domain) == ()
    assert own_ids(ours, "") == ()


def test_addresses_that_nobody_reads() -> None:
    for address in (
        "owner-vecini@x.ro",
        "vecini-request@x.ro",
        "bounces+7@x.ro",
        "mailer-daemon@x.ro",
        "LISTSERV@x.ro",
    ):
        assert reads_no_answers(address)
        assert not is_no_reply(address)
    for address in ("ana.owner@x.ro", "root.ana@x.ro", "registratura@x.ro", "daemonescu@x.ro"):
        assert not reads_no_answers(address)
