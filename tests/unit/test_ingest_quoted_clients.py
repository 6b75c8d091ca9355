"""Thirty-two replies and forwards as the clients of citizens write them; the new text comes out exactly.

The letters are invented; the forms of the introducing lines are those of Gmail, Outlook (2016, new, mobile),
Yahoo (web, app), Thunderbird, Apple Mail and Samsung's mail in Romanian, Hungarian, German and English.
"""

import pytest

from ingest.quoted import is_forward, new_text_spans

SAMPLES: dict[str, tuple[str, str, str]] = {
    "gmail ro, with În": (
        "Re: Cerere",
        "Bună ziua,\n\nVă mulțumesc, aștept răspunsul.\n\n"
        "În lun., 2 nov. 2026 la 10:15, Primăria Mediaș <primaria@medias.example> a scris:\n\n"
        "> Stimată doamnă,\n> Cererea dvs. a fost înregistrată.\n",
        "Bună ziua,\n\nVă mulțumesc, aștept răspunsul.",
    ),
    "gmail ro, wrapped before the address": (
        "Re: Cerere",
        "Da, sunt de acord.\n\nÎn mie., 28 oct. 2026 la 09:41, Direcția Tehnică a Municipiului <\n"
        "tehnic@medias.example> a scris:\n\n> Sunteți de acord?\n>\n",
        "Da, sunt de acord.",
    ),
    "gmail ro without În, year last": (
        "Re: Gropi",
        "Groapa e tot acolo.\nmar., 27 oct. 2026, 02:07 Ana Tudor <ana@post.example> a scris:\n> Revenim.\n",
        "Groapa e tot acolo.",
    ),
    "thunderbird ro": (
        "Re: Iluminat",
        "Am atașat fotografia.\n\nLa 02.11.2026 13:02, Serviciul Iluminat a scris:\n> Trimiteți o fotografie.\n",
        "Am atașat fotografia.",
    ),
    "apple mail ro": (
        "Re: Autorizație",
        "Revin cu actele cerute.\n\nCu stimă,\nIon Pop\n\n"
        "> Pe 2 nov. 2026, la 10:15, Urbanism <urbanism@medias.example> a scris:\n>\n> Lipsesc actele.\n",
        "Revin cu actele cerute.\n\nCu stimă,\nIon Pop",
    ),
    "iphone ro: footer, then an attribution with a space before the quote": (
        "Re: Câini",
        "Tot nu a venit nimeni.\n\nTrimis de pe iPhone-ul meu\n\n"
        "> Pe 1 nov. 2026, la 18:20, Poliția Locală <politia@medias.example> a scris:\n> \n> Am notat.\n",
        "Tot nu a venit nimeni.",
    ),
    "yahoo ro web, full weekday and zone, text not marked": (
        "Re: Taxe",
        "Am plătit ieri.\n\n     În luni, 2 noiembrie 2026 la 10:15:22 EET, Taxe și Impozite"
        " <taxe@medias.example> a scris:  \n \n Stimate domn,\nAveți de plată 120 lei.\n",
        "Am plătit ieri.",
    ),
    "yahoo app ro": (
        "Re: Taxe",
        "Vă rog să verificați din nou.\n\nTrimis din Yahoo Mail pe Android\n \n"
        "  Pe lun., nov. 2, 2026 la 10:15, Taxe<taxe@medias.example> a scris:   Stimate domn, suma este corectă.\n",
        "Vă rog să verificați din nou.",
    ),
    "outlook ro 2016": (
        "RE: Audiență",
        "Confirm prezența.\n\nMaria Ionescu\n\nDe la: Secretariat <secretariat@medias.example>\n"
        "Trimis: luni, 2 noiembrie 2026 10:15\nCătre: Maria Ionescu <maria@post.example>\nSubiect: Audiență\n\n"
        "Vă așteptăm joi.\n",
        "Confirm prezența.\n\nMaria Ionescu",
    ),
    "outlook ro in bold marks, cedilla, no diacritics in Catre": (
        "RE: Audienta",
        "Nu pot veni joi.\n\n*De la:* Secretariat [mailto:secretariat@medias.example] \n"
        "*Trimis:* luni, 2 noiembrie 2026 10:15\n*Catre:* 'Maria' <maria@post.example>\n"
        "*Subiect:* Audienţă\n\nJoi la 10.",
        "Nu pot veni joi.",
    ),
    "outlook mobile ro": (
        "Re: Parcare",
        "Mulțumesc pentru lămuriri.\n\nObțineți Outlook pentru Android<https://aka.ms/AAb9ysg>\n"
        "________________________________\nFrom: Parcări <parcari@medias.example>\n"
        "Sent: Monday, November 2, 2026 10:15:22 AM\nTo: Vlad <vlad@post.example>\n"
        "Subject: Parcare\n\nLocul este al dvs.\n",
        "Mulțumesc pentru lămuriri.",
    ),
    "samsung ro": (
        "Re: Gunoi",
        "Nu s-a ridicat nici azi.\n\n\nTrimis de pe smartphone-ul meu Samsung Galaxy.\n\n\n"
        "-------- Mesaj original --------\nDe la: Salubritate <salubritate@medias.example>\n"
        "Data: 02.11.2026 10:15 (GMT+02:00)\nCătre: Dan <dan@post.example>\nSubiect: Gunoi\n\nSe ridică vineri.\n",
        "Nu s-a ridicat nici azi.",
    ),
    "outlook express ro": (
        "Re: Apa",
        'Apa curge galbena.\n----- Original Message -----\nFrom: <apa@medias.example>\nTo: "Radu" <radu@post.example>\n'
        "Sent: Monday, November 02, 2026 10:15 AM\nSubject: Apa\n\nAm verificat.\n",
        "Apa curge galbena.",
    ),
    "answers between the quotations": (
        "Re: Întrebări",
        "În lun., 2 nov. 2026 la 10:15, Urbanism <urbanism@medias.example> a scris:\n\n"
        "> 1. Aveți cadastru?\nDa, numărul 10123.\n> 2. Aveți acordul vecinilor?\nÎncă nu.\n",
        "Da, numărul 10123.\n\nÎncă nu.",
    ),
    "answer below everything": (
        "Re: Adresa",
        "On 11/02/26 10:15, Registratura wrote:\n> Care este adresa exacta?\n> Va rugam raspundeti.\n\n"
        "Strada Garii nr. 4.\nMultumesc\n",
        "Strada Garii nr. 4.\nMultumesc",
    ),
    "a citizen's own sentence that ends in a scris": (
        "Reclamație",
        "Bună ziua,\nPe 3 octombrie 2026 vecinul meu mi-a scris:\n„Mut gardul când vreau eu.”\nVă rog să verificați.\n",
        "Bună ziua,\nPe 3 octombrie 2026 vecinul meu mi-a scris:\n„Mut gardul când vreau eu.”\nVă rog să verificați.",
    ),
    "a list of dashes is no quotation": (
        "Sesizare",
        "Cer:\n- repararea trotuarului\n- un coș de gunoi\n--\nIon Pop\nStr. Mihai Eminescu 3\n",
        "Cer:\n- repararea trotuarului\n- un coș de gunoi\n--\nIon Pop\nStr. Mihai Eminescu 3",
    ),
    "a form with From and To is no header block": (
        "Transport",
        "Solicit transport școlar.\nDe la: Mediaș\nCătre: Dumbrăveni\nTrimis în fiecare zi la 7\nMulțumesc.",
        "Solicit transport școlar.\nDe la: Mediaș\nCătre: Dumbrăveni\nTrimis în fiecare zi la 7\nMulțumesc.",
    ),
    "gmail hu, wrapped inside the date": (
        "Re: Kérelem",
        "Köszönöm a választ!\n\nPolgármesteri Hivatal <hivatal@medias.example> ezt írta (időpont: 2026. nov.\n"
        "2., H, 10:15):\n\n> Tisztelt Uram!\n> Megkaptuk.\n",
        "Köszönöm a választ!",
    ),
    "thunderbird hu": (
        "Re: Kérelem",
        "Csatolom a rajzot.\n\n2026. 11. 02. 10:15 keltezéssel, Hivatal írta:\n> Kérjük a rajzot.\n",
        "Csatolom a rajzot.",
    ),
    "apple hu": (
        "Re: Kérelem",
        "Rendben van.\n\n> 2026. nov. 2. dátummal, 10:15 időpontban Hivatal <hivatal@medias.example> írta:\n"
        "> \n> Jó így?\n",
        "Rendben van.",
    ),
    "yahoo hu": (
        "Re: Kérelem",
        "Nem értem a levelet.\n\n 2026. november 2., hétfő 10:15:22 CET időpontban Hivatal <hivatal@medias.example>"
        " ezt írta:  \n \n Tisztelt Asszonyom!\nFizessen.\n",
        "Nem értem a levelet.",
    ),
    "outlook hu": (
        "RE: Kérelem",
        "Pénteken ott leszek.\n\nFeladó: Titkárság <titkarsag@medias.example>\n"
        "Elküldve: 2026. november 2., hétfő 10:15\nCímzett: Nagy Éva <eva@post.example>\nTárgy: Kérelem\n\nJöjjön.\n",
        "Pénteken ott leszek.",
    ),
    "gmail de": (
        "Re: Antrag",
        "Vielen Dank, das hilft.\n\nAm Mo., 2. Nov. 2026 um 10:15 Uhr schrieb Bürgermeisteramt <\n"
        "amt@medias.example>:\n\n> Sehr geehrte Frau,\n> anbei.\n",
        "Vielen Dank, das hilft.",
    ),
    "yahoo de": (
        "Re: Antrag",
        "Ich komme am Freitag.\n\n Am Montag, 2. November 2026 um 10:15:22 MEZ hat Amt <amt@medias.example>"
        " Folgendes geschrieben:\n\n Sehr geehrter Herr,\nkommen Sie.\n",
        "Ich komme am Freitag.",
    ),
    "outlook de": (
        "AW: Antrag",
        "Anbei die Unterlagen.\n\nVon: Amt <amt@medias.example>\nGesendet: Montag, 2. November 2026 10:15\n"
        "An: Karl <karl@post.example>\nBetreff: Antrag\n\nBitte senden.\n",
        "Anbei die Unterlagen.",
    ),
    "yahoo en, unmarked": (
        "Re: Permit",
        "Please see attached.\n\n    On Monday, November 2, 2026 at 10:15:22 AM GMT+2, City Hall"
        " <hall@medias.example> wrote:  \n \n Dear Sir,\nSend the plan.\n",
        "Please see attached.",
    ),
    "gmail forward ro keeps the forwarded text": (
        "Fwd: Reclamație zgomot",
        "Vă trimit mai jos ce mi-a răspuns firma.\n\n---------- Forwarded message ---------\n"
        "De la: Firma <firma@post.example>\nDate: lun., 2 nov. 2026 la 10:15\nSubject: Zgomot\n"
        "To: Ana <ana@post.example>\n\nNu oprim utilajul.\n",
        "Vă trimit mai jos ce mi-a răspuns firma.\n\n---------- Forwarded message ---------\n"
        "De la: Firma <firma@post.example>\nDate: lun., 2 nov. 2026 la 10:15\nSubject: Zgomot\n"
        "To: Ana <ana@post.example>\n\nNu oprim utilajul.",
    ),
    "apple forward en marks the forwarded text": (
        "Fwd: Noise",
        "See below.\n\nBegin forwarded message:\n\n> From: Firm <firm@post.example>\n"
        "> Date: 2 November 2026 at 10:15:22 EET\n> To: Ana <ana@post.example>\n> Subject: Noise\n> \n> We refuse.\n",
        "See below.\n\nBegin forwarded message:\n\n> From: Firm <firm@post.example>\n"
        "> Date: 2 November 2026 at 10:15:22 EET\n> To: Ana <ana@post.example>\n> Subject: Noise\n> \n> We refuse.",
    ),
    "a forwarded exchange is kept down to its first letter": (
        "Fwd: Gard",
        "---------- Mesaj redirecționat ----------\nDe la: Vecin <v@post.example>\nDate: 2 nov. 2026\n\n"
        "Nu mut gardul.\n\n"
        "În lun., 2 nov. 2026 la 9:15, Ana <ana@post.example> a scris:\n\n> Mutați gardul.\n",
        "---------- Mesaj redirecționat ----------\nDe la: Vecin <v@post.example>\nDate: 2 nov. 2026\n\n"
        "Nu mut gardul.\n\n"
        "În lun., 2 nov. 2026 la 9:15, Ana <ana@post.example> a scris:\n\n> Mutați gardul.",
    ),
    "outlook forward ro without a marker": (
        "FW: Contract",
        "Pentru știință.\n\nDe la: Firma <firma@post.example>\nTrimis: luni, 2 noiembrie 2026 10:15\n"
        "Către: Ana <ana@post.example>\nSubiect: Contract\n\nContractul a expirat.\n",
        "Pentru știință.\n\nDe la: Firma <firma@post.example>\nTrimis: luni, 2 noiembrie 2026 10:15\n"
        "Către: Ana <ana@post.example>\nSubiect: Contract\n\nContractul a expirat.",
    ),
    "apple forward inside a reply's subject": (
        "Re: Plângere",
        "Vedeți ce am primit.\n\nÎnceputul mesajului redirecționat:\n\nDe la: Firma <firma@post.example>\n"
        "Subiect: Plângere\nData: 2 noiembrie 2026 la 10:15:22 EET\nCătre: Ana <ana@post.example>\n\nRefuzăm.\n",
        "Vedeți ce am primit.\n\nÎnceputul mesajului redirecționat:\n\nDe la: Firma <firma@post.example>\n"
        "Subiect: Plângere\nData: 2 noiembrie 2026 la 10:15:22 EET\nCătre: Ana <ana@post.example>\n\nRefuzăm.",
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_what_the_sender_newly_wrote_is_found(name: str) -> None:
    subject, text, new = SAMPLES[name]
    spans = new_text_spans(text, forward=is_forward(subject))
    assert "\n\n".join(text[start:end] for start, end in spans) == new
