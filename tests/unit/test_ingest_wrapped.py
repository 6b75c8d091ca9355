"""What is wrapped inside a mail: signed and encrypted content, documents in .p7m, winmail.dat, text in odd places."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.message import MANY_PARTS
from ingest.problems import describe_problem, remarks
from tests.support.mails import LETTER, PDF, PNG, Container, Leaf, attached, file, html, mail, text
from tests.support.mails_more import (
    BINARY,
    BODY,
    CONTENT_ID,
    HTML,
    LONG_NAME,
    MIME_TYPE,
    SIGNER,
    content,
    embedded,
    encrypted,
    opaque,
    rich_text,
    signature,
    signed,
    string,
    take,
    tnef,
    winmail,
)

# --- S/MIME --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type",
    [
        "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
        "application/x-pkcs7-mime; name=smime.p7m",
        "application/octet-stream; name=smime.p7m",
    ],
)
def test_the_letter_inside_an_opaque_signature_is_the_letter(tmp_path: Path, content_type: str) -> None:
    inside = Container([text("Vă rog să reparați groapa."), file(PDF, name="cerere.pdf")])
    message = take(tmp_path, mail(opaque(inside, content_type)))
    assert message.text == "Vă rog să reparați groapa."
    assert [(part.path_in_mail, part.filename, part.envelope, part.nested) for part in message.parts] == [
        ("1", "smime.p7m", True, False),
        ("1.2", "cerere.pdf", False, False),
    ]
    assert content(tmp_path, message, 2) == PDF
    assert (message.problems, message.signers) == (("signed",), (SIGNER,))
    (remark,) = remarks(message)
    assert SIGNER in describe_problem(remark)
    assert "nu a fost verificată" in describe_problem(remark)


def test_a_signature_around_a_signature_is_opened_too(tmp_path: Path) -> None:
    message = take(tmp_path, mail(opaque(opaque(text("Adânc, dar al meu.")))))
    assert message.text == "Adânc, dar al meu."
    assert [part.path_in_mail for part in message.parts] == ["1", "1.1"]


def test_signatures_without_end_are_not(tmp_path: Path) -> None:
    inside = text("prea adânc")
    for _ in range(8):
        inside = opaque(inside)
    message = take(tmp_path, mail(inside))
    assert "nested-too-deep" in message.problems
    assert len(message.parts) == 6


def test_a_clear_signed_letter_keeps_its_text_and_its_signature(tmp_path: Path) -> None:
    letter = text("Semnez în clar.")
    proof = Leaf(signature(letter.raw()), "application/pkcs7-signature; name=smime.p7s")
    message = take(tmp_path, mail(Container([letter, proof], "signed")))
    assert message.text == "Semnez în clar."
    assert [(part.declared_type, part.envelope) for part in message.parts] == [("application/pkcs7-signature", True)]
    assert (message.problems, message.signers) == (("signed",), (SIGNER,))


def test_a_pgp_signed_letter_is_marked(tmp_path: Path) -> None:
    proof = Leaf(b"-----BEGIN PGP SIGNATURE-----\n", "application/pgp-signature", "7bit")
    message = take(tmp_path, mail(Container([text("Semnez."), proof], "signed")))
    assert (message.text.strip(), message.problems, len(message.parts)) == ("Semnez.", ("signed",), 1)
    assert remarks(message) == ["signed"]


@pytest.mark.parametrize(
    "body",
    [
        Leaf(encrypted(b"secret"), "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"),
        Leaf(encrypted(b"secret"), "application/octet-stream; name=smime.p7m"),
        Container(
            [
                Leaf(b"Version: 1\n", "application/pgp-encrypted", "7bit"),
                Leaf(b"-----BEGIN PGP MESSAGE-----\n", "application/octet-stream; name=encrypted.asc", "7bit"),
            ],
            "encrypted",
        ),
        text("-----BEGIN PGP MESSAGE-----\nhQEMA0\n-----END PGP MESSAGE-----\n"),
    ],
)
def test_an_encrypted_mail_is_marked(tmp_path: Path, body: Leaf | Container) -> None:
    message = take(tmp_path, mail(body))
    assert "encrypted" in message.problems
    assert "signed" not in message.problems


def test_a_damaged_signature_is_kept_and_told(tmp_path: Path) -> None:
    broken = Leaf(signed(text().raw())[:200], "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m")
    message = take(tmp_path, mail(broken))
    assert message.problems == ("signed-wrapped",)
    assert len(message.parts) == 1


# --- documents in .p7m ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrapped", [signed(PDF), signed(signed(PDF))])
def test_a_signed_document_is_there_with_and_without_its_wrapper(tmp_path: Path, wrapped: bytes) -> None:
    message = take(tmp_path, mail(Container([text(), file(wrapped, name="Cerere și anexe.pdf.p7m")])))
    assert (message.parts[0].filename, message.parts[0].envelope) == ("Cerere și anexe.pdf.p7m", True)
    inner = message.parts[-1]
    assert (inner.filename, inner.found_type, inner.envelope) == ("Cerere și anexe.pdf", "pdf", False)
    assert inner.path_in_mail.startswith("2.1")
    assert content(tmp_path, message, inner.number) == PDF
    assert message.text.strip() == LETTER.strip()
    assert message.problems == ("signed",)


def test_a_damaged_wrapper_of_a_document_is_told(tmp_path: Path) -> None:
    message = take(tmp_path, mail(Container([text(), file(signed(PDF)[:100], name="cerere.pdf.p7m")])))
    assert message.problems == ("signed-wrapped",)


def test_a_certificate_is_a_file_like_any_other(tmp_path: Path) -> None:
    message = take(tmp_path, mail(Container([text(), file(b"\x30\x82\x01\x00" + b"x" * 256, name="eu.cer")])))
    assert (message.problems, message.parts[0].envelope) == ((), False)


# --- winmail.dat ---------------------------------------------------------------------------------------------

FILES = [("CERERE~1.PDF", PDF, [string(LONG_NAME, "Cerere și anexe.pdf")])]


def test_files_and_text_in_winmail_dat_are_taken_out(tmp_path: Path) -> None:
    raw = tnef(string(BODY, "Vă rog să reparați groapa."), attachments=FILES)
    message = take(tmp_path, mail(winmail(raw)))
    assert message.text == "Vă rog să reparaţi groapa."
    assert [(part.path_in_mail, part.filename, part.found_type) for part in message.parts] == [
        ("1", "winmail.dat", "tnef"),
        ("1.2", "Cerere şi anexe.pdf", "pdf"),
    ]
    assert content(tmp_path, message, 2) == PDF
    assert (message.problems, message.parts[0].envelope) == ((), True)


def test_what_the_mail_says_already_is_not_said_twice(tmp_path: Path) -> None:
    raw = tnef(string(BODY, "Bună ziua,\r\nvă trimit cererea."), attachments=FILES)
    message = take(tmp_path, mail(Container([text("Bună ziua, vă trimit\ncererea.\n"), winmail(raw)])))
    assert message.text.split() == ["Bună", "ziua,", "vă", "trimit", "cererea."]


def test_what_only_winmail_dat_says_is_added(tmp_path: Path) -> None:
    raw = tnef(string(BODY, "Aici este textul scrisorii."))
    message = take(tmp_path, mail(Container([text("Mesaj de la secretariat."), winmail(raw)])))
    assert message.text.split("\n\n") == ["Mesaj de la secretariat.", "Aici este textul scrisorii."]


def test_html_in_winmail_dat_is_read_and_shown(tmp_path: Path) -> None:
    page = b"<p>Harta: <img src='cid:harta@x'></p><script>x()</script>"
    image = ("h.png", PNG, [string(MIME_TYPE, "image/png"), string(CONTENT_ID, "harta@x")])
    message = take(tmp_path, mail(winmail(tnef((BINARY, HTML, page), attachments=[image]))))
    assert message.text == "Harta:"
    assert message.html.count('src="cid:2"') == 1
    assert "script" not in message.html


def test_rich_text_alone_is_read(tmp_path: Path) -> None:
    raw = tnef(rich_text(r"{\rtf1\ansi\ansicpg1250 V\'e3 rog s\'e3 r\u259?spunde\'fei.}"))
    assert take(tmp_path, mail(winmail(raw))).text.strip() == "Vă rog să răspundeţi."


@pytest.mark.parametrize("content_type", ["application/octet-stream", "application/x-unknown", "image/png"])
def test_an_unnamed_winmail_dat_is_known_by_its_content(tmp_path: Path, content_type: str) -> None:
    message = take(tmp_path, mail(Container([text(), winmail(tnef(attachments=FILES), content_type, name="")])))
    assert [part.found_type for part in message.parts] == ["tnef", "pdf"]


def test_a_mail_inside_winmail_dat_is_an_attached_mail(tmp_path: Path) -> None:
    inner = tnef(string(BODY, "Cuvintele altcuiva."), string(0x0037, "Interior"), attachments=FILES)
    raw = tnef(string(BODY, "Vedeți mesajul atașat, vă rog."), attachments=[("", b"", [embedded(inner)])])
    message = take(tmp_path, mail(winmail(raw)))
    assert "Cuvintele altcuiva" not in message.text
    wrapper, nested, inside = message.parts
    assert nested.mail is not None
    assert (nested.mail.subject, nested.mail.text) == ("Interior", "Cuvintele altcuiva.")
    assert (wrapper.nested, nested.nested, inside.nested, inside.found_type) == (False, True, True, "pdf")
    assert inside.path_in_mail.startswith(f"{nested.path_in_mail}.")


DAMAGED = tnef(string(BODY, "Text întreg de la început."), attachments=FILES)


@pytest.mark.parametrize(
    "raw",
    [
        DAMAGED[:-40],
        DAMAGED[:60],
        DAMAGED.replace(b"%PDF", b"%PDG"),
        b"\x78\x9f\x3e\x22",
        b"\x78\x9f\x3e\x22\x01\x00" + b"\x02" * 40,
        b"\x78\x9f\x3e\x22\x01\x00" + (b"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" * 6_000),
    ],
)
def test_a_damaged_winmail_dat_is_kept_and_told(tmp_path: Path, raw: bytes) -> None:
    message = take(tmp_path, mail(Container([text("Vedeți anexa."), winmail(raw)])))
    assert "Vedeți anexa." in message.text
    assert "tnef-damaged" in message.problems
    assert content(tmp_path, message, 1) == raw


def test_a_bomb_in_winmail_dat_costs_only_the_attachment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.tnef._SECONDS", 0.2)
    four_billion_properties = b"\xff\xff\xff\xff"
    bomb = tnef()[:6] + b"\x01\x03\x90\x06\x00\x04\x00\x00\x00" + four_billion_properties + b"\xfc\x03" + b"\0" * 40
    message = take(tmp_path, mail(Container([text("Vedeți anexa."), winmail(bomb)])))
    assert (message.text.strip(), message.problems) == ("Vedeți anexa.", ("tnef-damaged",))


def test_bombs_share_one_budget_and_what_follows_is_kept_unopened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.timebox.Budget.__init__.__defaults__", (0.3,))
    bomb = tnef()[:6] + b"\x01\x03\x90\x06\x00\x04\x00\x00\x00\xff\xff\xff\xff\xfc\x03" + b"\0" * 40
    message = take(tmp_path, mail(Container([text("Vedeți anexele."), *[winmail(bomb)] * 30, winmail(DAMAGED)])))
    assert (message.text.strip(), len(message.parts)) == ("Vedeți anexele.", 31)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(place=st.integers(0, len(DAMAGED) - 1), byte=st.integers(0, 255), cut=st.integers(0, len(DAMAGED)))
def test_no_winmail_dat_raises(tmp_path: Path, place: int, byte: int, cut: int) -> None:
    raw = bytearray(DAMAGED)
    raw[place] = byte
    message = take(tmp_path, mail(Container([text("Vedeți anexa."), winmail(bytes(raw[:cut]))])))
    assert "Vedeți anexa." in message.text


# --- text in odd forms ---------------------------------------------------------------------------------------


def test_uuencoded_files_in_the_text_are_files(tmp_path: Path) -> None:
    import binascii

    lines = b"".join(binascii.b2a_uu(PDF[start : start + 45]) for start in range(0, len(PDF), 45))
    words = f"Vă trimit cererea.\n\nbegin 644 cerere mea.pdf\n{lines.decode()}`\nend\nCu stimă\n"
    message = take(tmp_path, mail(text(words)))
    assert message.text == "Vă trimit cererea.\n\n[cerere mea.pdf]\nCu stimă\n".rstrip()
    assert [(part.path_in_mail, part.filename, part.found_type) for part in message.parts] == [
        ("1.1", "cerere mea.pdf", "pdf")
    ]
    assert content(tmp_path, message, 1) == PDF


@pytest.mark.parametrize(
    "words",
    [
        "begin 644 a.pdf\nși apoi am scris mai departe\nend\n",
        "begin 644 a.pdf\n#0V%T\n",
        "begin 644 a.pdf\nend\n",
        "begin at 9\nend",
    ],
)
def test_what_only_begins_like_a_file_is_text(tmp_path: Path, words: str) -> None:
    message = take(tmp_path, mail(text(words)))
    assert message.text.strip() == words.strip()
    assert message.parts == ()


def test_thousands_of_beginnings_take_linear_time(tmp_path: Path) -> None:
    words = "begin 644 a\n#0V%T\n" * 20_000
    assert len(take(tmp_path, mail(text(words, encoding="8bit"))).text) > 300_000


def test_enriched_text_is_text(tmp_path: Path) -> None:
    rich = "<bold>Vă rog</bold> <color><param>red</param>urgent</color> <<1 zi>.".encode()
    message = take(tmp_path, mail(Leaf(rich, "text/enriched; charset=utf-8")))
    assert (message.text, message.parts) == ("Vă rog urgent <1 zi>.", ())


def test_enriched_text_beside_plain_text_is_not_said_twice(tmp_path: Path) -> None:
    both = Container([text("Vă rog."), Leaf(b"<bold>V</bold>", "text/enriched")], "alternative")
    message = take(tmp_path, mail(both))
    assert (message.text.strip(), message.parts) == ("Vă rog.", ())


def test_an_amp_form_of_the_text_is_listed_and_not_read_twice(tmp_path: Path) -> None:
    amp = Leaf(b"<!doctype html><html amp4email><body>V</body></html>", "text/x-amp-html")
    message = take(tmp_path, mail(Container([text("Vă rog."), amp, html("<p>V</p>")], "alternative")))
    assert message.text.strip() == "Vă rog."
    assert [(part.declared_type, part.again) for part in message.parts] == [("text/x-amp-html", True)]


def test_every_part_is_listed_whatever_it_is(tmp_path: Path) -> None:
    strange = [
        Leaf(b"\x00\x01\x02", "application/x-own"),
        Leaf(b"BEGIN:VCARD\n", "text/vcard"),
        Leaf(b"", "application/octet-stream"),
        Leaf(b"id=1; number=1", "message/partial; id=1; number=1; total=2", "7bit"),
        Leaf(b"Content-Type: text/plain\n\n", 'message/external-body; access-type=URL; URL="http://x"', "7bit"),
        Leaf(b"x", "nonsense"),
        attached(mail()),
    ]
    message = take(tmp_path, mail(Container([text("Unu"), *strange])))
    assert len({part.path_in_mail for part in message.parts}) >= len(strange) - 1
    assert "part-unreadable" not in message.problems


def test_more_than_a_hundred_files_are_all_kept(tmp_path: Path) -> None:
    message = take(tmp_path, mail(Container([file(PDF + bytes([number])) for number in range(MANY_PARTS + 20)])))
    assert len(message.parts) == MANY_PARTS + 20
    assert "many-parts" in message.problems


# --- contradictory descriptions ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (
            Leaf(PDF, 'image/png; name="a.png"', fields=[("Content-Disposition", 'attachment; filename="a.zip"')]),
            "a.zip / a.png",
        ),
        (
            Leaf(
                PDF,
                "application/pdf",
                fields=[("Content-Disposition", 'attachment; filename="a.png"; filename="b.exe"')],
            ),
            "a.png / b.exe",
        ),
        (Leaf(PDF, "image/png"), "image/png (image/png): pdf"),
        (file(PNG, "application/octet-stream", "cerere.pdf"), "cerere.pdf (application/octet-stream): png"),
        (Leaf(PDF, "application/pdf", fields=[("Content-Type", "text/plain")]), "(content-type)"),
        (Leaf(PDF, "application/pdf", fields=[("Content-Transfer-Encoding", "7bit")]), "content-transfer-encoding"),
    ],
)
def test_contradictions_are_told_and_the_content_decides(tmp_path: Path, part: Leaf, told: str) -> None:
    message = take(tmp_path, mail(Container([text(), part])))
    assert "ambiguous" in message.problems
    (remark,) = [one for one in remarks(message) if one.startswith("ambiguous")]
    assert told in describe_problem(remark)


@pytest.mark.parametrize(
    "part",
    [
        file(PDF, "application/octet-stream", "cerere.pdf"),
        file(PDF, "application/pdf", "cerere"),
        file(PNG, "image/jpg", "poza.jpg"),
        file(b"a;b\n1;2\n", "application/vnd.ms-excel", "tabel.csv"),
        file(b"PK\x03\x04", "application/msword", "cerere.docx"),
    ],
)
def test_everyday_sloppiness_is_no_contradiction(tmp_path: Path, part: Leaf) -> None:
    assert "ambiguous" not in take(tmp_path, mail(Container([text(), part]))).problems
