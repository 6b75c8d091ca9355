import pytest

from ingest.checks import RULES, Context, machine_mail
from ingest.checks.finding import Finding
from ingest.headers import Headers

PERSON = Context(from_address="stefania@example.ro", subject="Groapa din strada Lazăr")


def checked(*fields: tuple[str, str], **context: object) -> Finding | None:
    given = {name: getattr(PERSON, name) for name in Context.__slots__} | context
    return machine_mail(Headers(fields), Context(**given))  # type: ignore[arg-type]


def test_a_letter_of_a_person_is_no_machine_mail() -> None:
    assert checked(("from", "Ștefania <stefania@example.ro>"), ("return-path", "<stefania@example.ro>")) is None


@pytest.mark.parametrize(
    ("field", "kind", "rule"),
    [
        (("content-type", "multipart/report; report-type=delivery-status"), "bounce", "delivery_report"),
        (("x-cabinet-loop", "1"), "own", "own_message"),
        (("message-id", "<123@medias.example>"), "own", "own_message"),
        (("x-failed-recipients", "a@example.ro"), "bounce", "auto_response_headers"),
        (("x-autoreply", "yes"), "auto-reply", "auto_response_headers"),
        (("feedback-id", "1:2:3"), "bulk", "auto_response_headers"),
        (("x-auto-response-suppress", "All"), "bulk", "auto_response_headers"),
        (("from", "MAILER-DAEMON"), None, ""),
        (("auto-submitted", "auto-replied (vacation)"), "auto-reply", "auto_submitted"),
        (("auto-submitted", "auto-generated"), "bulk", "auto_submitted"),
        (("auto-submitted", "No"), None, ""),
        (("return-path", "<>"), "bounce", "null_return_path"),
        (("return-path", "<ion@example.ro>"), None, ""),
        (("list-id", "<vecini.example.ro>"), "list", "list_headers"),
        (("list-unsubscribe", "<https://x.example>"), "bulk", "list_headers"),
        (("x-mailing-list", "vecini"), "list", "list_headers"),
        (("precedence", "Bulk"), "bulk", "precedence"),
        (("precedence", "auto_reply"), "auto-reply", "precedence"),
        (("precedence", "first-class"), None, ""),
    ],
)
def test_one_field_is_enough(field: tuple[str, str], kind: str | None, rule: str) -> None:
    finding = checked(field, own_domain="medias.example")
    assert (finding.kind if finding else None, finding.rule if finding else "") == (kind, rule)


@pytest.mark.parametrize(
    ("types", "kind"),
    [
        ({"multipart/report", "message/delivery-status"}, "bounce"),
        ({"message/disposition-notification"}, "report"),
        ({"message/feedback-report"}, "report"),
    ],
)
def test_report_parts_tell_bounces_from_receipts(types: set[str], kind: str) -> None:
    finding = checked(part_types=frozenset(types))
    assert finding == Finding(kind, "delivery_report")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sender", "kind"),
    [
        ("MAILER-DAEMON@mx.example.ro", "bounce"),
        ("postmaster@example.ro", "bounce"),
        ("no-reply@example.ro", "bulk"),
        ("NoReply+1@example.ro", "bulk"),
        ("facturi-nu-raspunde@example.ro", "bulk"),
        ("ne-valaszoljon@example.hu", "bulk"),
        ("registratura@medias.example", "own"),
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
        ("Groapa: răspuns automat?", None),
        ("Autorizație de construire", None),
    ],
)
def test_subjects_are_a_weak_sign(subject: str, kind: str | None) -> None:
    finding = checked(subject=subject)
    assert (finding.kind if finding else None) == kind
    assert finding is None or finding.weak


def test_an_absence_with_an_empty_envelope_sender_is_an_answer_and_no_bounce() -> None:
    finding = checked(("return-path", "<>"), subject="Răspuns automat: groapa")
    assert finding == Finding("auto-reply", "null_return_path")


def test_what_a_mail_is_goes_before_how_it_was_sent() -> None:
    finding = checked(("precedence", "bulk"), ("auto-submitted", "auto-generated"), ("x-failed-recipients", "a@b.ro"))
    assert finding == Finding("bounce", "auto_response_headers")


def test_every_rule_has_a_name_of_its_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES) == 10
