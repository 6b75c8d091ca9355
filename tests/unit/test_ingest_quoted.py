import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.quoted import is_forward, new_text, new_text_spans

ANSWER = "Vă mulțumesc, dar groapa este tot acolo.\n\nȘtefania Moldovan"

TOP_POSTED = {
    "Thunderbird ro": "La 21.11.2026 13:02, Primăria Mediaș a scris:\n> Bună ziua,\n>\n> Groapa a fost reparată.",
    "Gmail ro": "vin., 16 oct. 2026, 23:44 Primăria Mediaș <p@medias.example> a scris:\n\n> Bună ziua",
    "Gmail ro nou": "În lun., 2 nov. 2026 la 10:15, Primăria Mediaș <p@medias.example>\na scris:\n\n> Bună ziua",
    "Yahoo ro": "    Pe luni, 2 noiembrie 2026 la 10:15:04 EET, Primăria <p@medias.example> a scris:  \n \n> Bună",
    "fără semne": "În data de 2 nov. 2026, Primăria <p@medias.example> a scris:\n\nBună ziua,\nAm reparat.",
    "Outlook ro": "De la: Primăria Mediaș <p@medias.example>\nTrimis: luni, 2 noiembrie 2026 10:15\nCătre: Ș\n"
    "Subiect: Răspuns\n\nBună ziua",
    "Outlook ro fără diacritice": "____________________________\nDe la: Primaria\nTrimis: 2.11.2026\nCatre: S\n"
    "Subiect: Raspuns\n\nBuna ziua",
    "mesaj original": "-----Mesaj original-----\nDe la: Primăria\nTrimis: 2 nov. 2026\nCătre: Ș\nSubiect: R\n\nBună",
    "mesaj iniţial": "--- Mesaj iniţial ---\nBună ziua",
    "Gmail hu": "Primăria Mediaș <p@medias.example> ezt írta (időpont: 2026. okt.\n14., Sze, 9:03):\n\n> Tisztelt",
    "Thunderbird hu": "2026. 11. 02. 10:15 keltezéssel, Városháza írta:\n> Tisztelt Asszony",
    "Outlook hu": "Feladó: Városháza\nElküldve: 2026. november 2., hétfő 10:15\nCímzett: S\nTárgy: V\n\nTisztelt",
    "eredeti üzenet": "-----Eredeti üzenet-----\nTisztelt Asszony",
    "Thunderbird de": "Am 02.11.26 um 10:15 schrieb Bürgeramt:\n> Guten Tag",
    "Gmail de": "Am Mo., 2. Nov. 2026 um 10:15 Uhr schrieb Bürgeramt <p@medias.example>:\n\n> Guten Tag",
    "Outlook de": "Von: Bürgeramt\nGesendet: Montag, 2. November 2026 10:15\nAn: S\nBetreff: AW: Loch\n\nGuten Tag",
    "Gmail en": "On Mon, Nov 2, 2026 at 10:15 AM Town Hall <p@medias.example> wrote:\n\n> Good morning",
    "Gmail en wrapped": "On Mon, Nov 2, 2026 at 10:15 AM Town Hall of the Municipality of Medias, Department\nof Roads "
    "<p@medias.example>\nwrote:\n\n> Good morning",
    "Apple en": "On 2 Nov 2026, at 10:15, Town Hall <p@medias.example> wrote:\n\n> Good morning",
    "Outlook en": "From: Town Hall <p@medias.example>\nSent: Monday, November 2, 2026 10:15\nTo: S\nSubject: R\n\nGood",
    "Outlook en bold": "*From:* Town Hall\n*Sent:* Monday, November 2, 2026 10:15\n*To:* S\n*Subject:* R\n\nGood",
}


def parts(text: str, *, forward: bool = False) -> list[str]:
    return [text[start:end] for start, end in new_text_spans(text, forward=forward)]


@pytest.mark.parametrize("quotation", TOP_POSTED.values(), ids=TOP_POSTED)
def test_an_answer_above_the_quotation_is_the_new_text(quotation: str) -> None:
    assert parts(f"{ANSWER}\n\n{quotation}\n") == [ANSWER]


@pytest.mark.parametrize(
    "footer",
    [
        "Trimis de pe iPhone-ul meu",
        "Trimis din Yahoo Mail pe Android",
        "Obţineţi Outlook pentru Android",
        "Sent from my iPhone",
        "Get Outlook for iOS",
        "Von meinem iPhone gesendet",
        "Az iPhone készülékemről küldve",
    ],
)
def test_the_footer_of_a_phone_is_not_new_text(footer: str) -> None:
    assert parts(f"{ANSWER}\n\n{footer}\n") == [ANSWER]
    assert parts(f"{ANSWER}\n\n{footer}\n\n{TOP_POSTED['Gmail ro']}\n") == [ANSWER]


@pytest.mark.parametrize(
    "quotation", [TOP_POSTED[name] for name in ("Thunderbird ro", "Gmail hu", "Gmail de", "Gmail en")]
)
def test_an_answer_below_the_quotation_is_the_new_text(quotation: str) -> None:
    assert parts(f"{quotation}\n\n{ANSWER}\n") == [ANSWER]


def test_answers_between_quoted_lines_are_new_text() -> None:
    text = "La 21.11.2026 13:02, Primăria a scris:\n> Ce stradă?\nGheorghe Lazăr\n> Ce număr?\n14\n"
    assert parts(text) == ["Gheorghe Lazăr", "14"]


@pytest.mark.parametrize(
    "letter",
    [
        "Bună ziua,\n\nVecinul meu mi-a scris:\nnu mai repar gardul.\nCe pot face?",
        "Pe 12.05.2026 vecin@example.ro mi-a scris:\nnu mai repar gardul.\nCe pot face?",
        "Vă cer:\n- repararea gropii\n- un răspuns scris\n\n-- \nȘtefania Moldovan, str. Lazăr 14",
        "Către: Primăria Mediaș\nDe la: Ștefania Moldovan\nSubiect: groapă\n\nVă rog să reparați groapa.",
        "De la: Ștefania Moldovan\nCătre: Primăria Mediaș\nSubiect: groapă\nData: 2.11.2026\n\nReparați groapa.",
        "Trimis de pe strada Lazăr, acest semnal trebuie auzit: groapa e tot acolo.\nMulțumesc.",
        "Datum: 2.11.2026\nBetreff: Loch\n\nBitte reparieren.",
    ],
)
def test_a_letter_without_quotation_is_new_from_end_to_end(letter: str) -> None:
    assert parts(letter) == [letter]


@pytest.mark.parametrize(
    "marker",
    [
        "---------- Mesaj redirecționat ----------",
        "---------- Forwarded message ---------",
        "-------- Weitergeleitete Nachricht --------",
        "-------- Továbbított üzenet --------",
        "Begin forwarded message:",
    ],
)
def test_what_a_mail_forwards_is_new(marker: str) -> None:
    text = f"Vă trimit ce am primit.\n\n{marker}\n{TOP_POSTED['Outlook ro']}"
    assert parts(text) == [text]


def test_a_forward_told_by_the_subject_keeps_the_forwarded_text() -> None:
    text = f"Vă trimit ce am primit.\n\n{TOP_POSTED['Outlook de']}"
    assert parts(text, forward=is_forward("WG: Loch")) == [text]


@pytest.mark.parametrize(
    ("subject", "forward"),
    [
        ("Fwd: a", True),
        ("FW: a", True),
        ("Re: Fwd: a", True),
        ("WG: a", True),
        ("Re: a", False),
        ("Fwdx", False),
        ("", False),
    ],
)
def test_forwards_are_told_by_their_subject(subject: str, forward: bool) -> None:
    assert is_forward(subject) is forward


def test_nothing_above_and_nothing_below_gives_no_span_and_the_whole_text() -> None:
    text = "> Bună ziua\n> Groapa"
    assert parts(text) == []
    assert new_text(text, new_text_spans(text)) == text


def test_a_mere_thank_you_is_read_with_its_quotation() -> None:
    text = f"Da.\n\n{TOP_POSTED['Gmail ro']}"
    assert parts(text) == ["Da."]
    assert new_text(text, new_text_spans(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "On " + "x " * 200_000 + "wrote:",
        "> " * 200_000,
        "> citat\n" * 100_000,
        "From: x\n" * 50_000,
        "-" * 500_000,
        "La 1.1.2026 a@b.ro a scris:\n" * 30_000,
        "De la: x\nTrimis: 1\n" * 30_000,
        "Trimis de pe\n" * 50_000,
        "\n" * 500_000,
    ],
    ids=["long line", "marks", "quoted", "from", "dashes", "attributions", "labels", "footers", "blank"],
)
def test_time_grows_with_length_only(text: str) -> None:
    started = time.process_time()
    new_text_spans(text)
    assert time.process_time() - started < 3


@given(st.text(max_size=300), st.booleans())
def test_spans_lie_in_order_inside_any_text(text: str, forward: bool) -> None:
    last = 0
    for start, end in new_text_spans(text, forward=forward):
        assert last <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        last = end
