"""A desk over a temporary house, and a day's worth of invented letters in every state, for tests and screenshots.

Run `python -m tests.support.seed FOLDER PORT` to look at the seeded desk in a browser.
"""

import atexit
import io
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from PIL import Image
from sqlmodel import Session

from config import clock
from config.settings import DeskSettings, Settings
from desk.app import create_app
from registry import switches
from registry.cases import Petitioner
from registry.database import Database
from registry.letters import Outcome, Seen, Source, note
from registry.migrations import bring_up_to_date
from registry.models import Case, Fact, Letter, MailboxState, Reply
from registry.statuses import DispatchState, LetterStatus, change_dispatch
from registry.store import FileStore, record_file
from registry.switches import SwitchName
from registry.users import Role
from responders import approval
from responders.drafts import create_draft
from responders.gaps import gap, gaps_in
from responders.templates import load_templates
from tests.support import factories as make
from tests.support.letters import scanned_page


@dataclass(frozen=True, slots=True)
class OpenedDesk:
    """The web application with the house behind it."""

    app: FastAPI
    settings: Settings
    database: Database
    store: FileStore


def open_desk(folder: Path, *, practice: bool = False, **desk: Any) -> OpenedDesk:
    """An empty desk over a new SQLite record in `folder`; `desk` are fields of the desk's settings."""
    settings = Settings(data_folder=folder, practice=practice, mailboxes=(), desk=DeskSettings(**desk))
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(_migrated_file(), folder / "cabinet.db")
    database = Database(settings.database)
    return OpenedDesk(
        create_app(settings, database, make.tables()), settings, database, FileStore(settings.store_folder)
    )


@lru_cache
def _migrated_file() -> Path:
    """An empty, migrated record to copy: migrating takes longer than most tests."""
    path = Path(tempfile.mkdtemp(prefix="cabinet-desk-")) / "cabinet.db"
    atexit.register(shutil.rmtree, path.parent, ignore_errors=True)
    database = Database(f"sqlite:///{path}")
    bring_up_to_date(database)
    database.close()
    return path


def drafted_letter(
    session: Session, store: FileStore, *, at: datetime, filled: bool = False, **fields: Any
) -> tuple[Letter, Case, Reply]:
    """A letter as the machine leaves it for the clerks: read, understood, with a case and a real draft."""
    given = dict(fields)
    decision = given.pop("decision", {})
    chosen = {"topic": "drumuri-trotuare", "department": "directia-tehnica", "kind": "petitie", **decision}
    chosen.setdefault("confidence", 0.9)
    chosen.setdefault(
        "probabilities",
        {chosen["topic"]: chosen["confidence"], "altele": round((1 - chosen["confidence"]) / 2, 3), "juridic": 0.01},
    )
    petitioner = given.pop("petitioner", make.PETITIONER)
    given.setdefault("reply_address", petitioner.email)
    letter = make.make_letter(session, store, status=LetterStatus.READY, at=at, **given)
    make.make_decision(session, letter, at=at, **chosen)
    case = make.make_case(
        session,
        letter,
        at=at,
        petitioner=petitioner,
        kind=chosen["kind"],
        topic=chosen["topic"],
        department=chosen["department"],
    )
    reply = create_draft(session, letter, case, make.tables(), load_templates(), at=at, actor="worker")
    if filled:
        for what in gaps_in(reply.body):
            reply.body = reply.body.replace(gap(what), "am verificat la fața locului și lucrarea este programată")
        session.flush()
    return letter, case, reply


def seed(session: Session, store: FileStore, now: datetime) -> None:
    """Four users and letters in every state a desk can show."""
    clerk = make.make_user(session, role=Role.CLERK, username="maria", full_name="Maria Lupu")
    approver = make.make_user(session, role=Role.APPROVER, username="dan", full_name="Dan Oprea")
    make.make_user(session, role=Role.OPERATOR, username="ioana", full_name="Ioana Preda")
    make.make_user(session, role=Role.ADMINISTRATOR, username="radu", full_name="Radu Stan")
    switches.turn(session, SwitchName.SENDING, True, at=now - timedelta(days=20), actor="radu")
    _machine_mail(session, store, now)
    _roads(session, store, now)
    _scan(session, store, now)
    for number, (days, name, subject, text, decision) in enumerate(_OTHERS):
        petitioner = Petitioner(name=name, email=f"petent{number}@example.ro", address="Str. Cibin nr. 3, Mediaș")
        letter, _case, reply = drafted_letter(
            session,
            store,
            at=now - timedelta(days=days, hours=number),
            filled=True,
            subject=subject,
            text=text,
            own_text_spans=[[0, len(text)]],
            sender_name=name,
            sender_address=petitioner.email,
            petitioner=petitioner,
            decision=decision,
        )
        _advance(session, letter, reply, number, clerk, approver, now)
    _failures(session, store, now)
    _mailbox(session, now)


def _advance(
    session: Session, letter: Letter, reply: Reply, number: int, clerk: Any, approver: Any, now: datetime
) -> None:
    """Every third reply waits for approval, some are on their way, one is in doubt."""
    if number % 3 == 0:
        return
    approval.submit(session, reply, clerk, now - timedelta(hours=3))
    if number == 4:
        approval.return_with_reason(
            session, reply, approver, now - timedelta(hours=1), reason="Adăugați termenul în care intervine echipa."
        )
    if number in (2, 5, 7, 8):
        if number == 7:
            reply.channel = "post"
            session.flush()
        outbox = approval.approve(
            session,
            reply,
            approver,
            now - timedelta(hours=2),
            same_person_may_approve=False,
            office=make.tables().office,
        )
        if number == 2:
            change_dispatch(session, outbox, DispatchState.SENDING, at=now, actor="rule:dispatch")
            session.flush()
            change_dispatch(session, outbox, DispatchState.UNKNOWN, at=now, actor="rule:dispatch")
            outbox.problem = "Legătura s-a întrerupt în timpul predării mesajului."
        if number == 8:
            change_dispatch(session, outbox, DispatchState.SENDING, at=now, actor="rule:dispatch")
            session.flush()
            change_dispatch(session, outbox, DispatchState.SENT, at=now, actor="rule:dispatch")
            approval.finish(session, outbox, at=now, actor="rule:dispatch")


def _roads(session: Session, store: FileStore, now: datetime) -> None:
    """One mail in full: HTML, quoted text, evidence, facts, an attachment."""
    own = (
        "Bună ziua,\n\nMă numesc Ștefania Moldovan, CNP 6980101320025, și locuiesc în Mediaș, strada Arieș nr. 14.\n"
        "De trei săptămâni este o groapă adâncă în asfalt chiar în fața casei mele. Mașinile o ocolesc pe trotuar, "
        "iar copiii care merg la școală trebuie să coboare pe carosabil. Ieri a căzut în ea un biciclist.\n\n"
        "Vă rog să o reparați înainte de iarnă și să îmi spuneți când se va face lucrarea. Am atașat o fotografie.\n\n"
        "Cu stimă,\nȘtefania Moldovan\n0740 000 123"
    )
    quoted = (
        "\n\nPe 12 nov. 2026, Primăria Mediaș a scris:\n> Vă mulțumim pentru sesizare. Vă rugăm să ne comunicați"
        " adresa exactă.\n> Centrul de Informare pentru Cetățeni"
    )
    text = own + quoted
    words = ["groapă adâncă în asfalt", "trotuar", "carosabil", "lucrarea"]
    letter, _case, _reply = drafted_letter(
        session,
        store,
        at=now - timedelta(days=28),
        content=_RAW_MAIL.encode(),
        subject="Re: Groapă în asfalt pe strada Arieș",
        text=text,
        html=_HTML,
        own_text_spans=[[0, len(own)]],
        decision={
            "confidence": 0.91,
            "urgent": True,
            "probabilities": {
                "drumuri-trotuare": 0.91,
                "parcare-circulatie": 0.05,
                "apa-canalizare": 0.02,
                "altele": 0.02,
            },
            "evidence": [
                {
                    "text": one,
                    "start": text.index(one),
                    "end": text.index(one) + len(one),
                    "weight": 1.0,
                    "where": "text",
                }
                for one in words
            ],
        },
    )
    facts = (
        ("petitioner", "Ștefania Moldovan", "Ștefania Moldovan"),
        ("cnp", "6••••••••••25", "6980101320025"),
        ("address", "strada Arieș nr. 14", "strada Arieș nr. 14"),
        ("phone", "0740 000 123", "0740 000 123"),
    )
    for kind, value, shown in facts:
        start = text.index(shown)
        session.add(Fact(letter_id=letter.id or 0, kind=kind, value=value, start=start, end=start + len(shown)))
    photo = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").resize((640, 480)).save(photo, "JPEG")
    make.make_part(
        session, store, letter, photo.getvalue(), file_name="groapă strada Arieș.jpg", found_type="jpeg", number=1
    )


def _scan(session: Session, store: FileStore, now: datetime) -> None:
    """One letter by post: two pages with pictures, the second read with doubt."""
    pages = (_SCANNED, ["Anexez copia facturii și fotografii.", "", "Cu respect,", "Gheorghe Marin", "", "15.11.2026"])
    texts = ["\n".join(page) for page in pages]
    text = "\n\n".join(texts)
    petitioner = Petitioner(name="Gheorghe Marin", address="Str. Cibin nr. 21, Mediaș")
    letter, _case, _reply = drafted_letter(
        session,
        store,
        at=now - timedelta(days=6),
        channel="post",
        content=b"%PDF-1.4 scan " + text.encode(),
        original_name="scan_0042.pdf",
        subject="",
        text=text,
        own_text_spans=[[0, len(text)]],
        petitioner=petitioner,
        reply_address="",
        decision={
            "topic": "apa-canalizare",
            "department": "operator-apa",
            "confidence": 0.48,
            "abstained": True,
            "abstain_reason": "two-matters",
            "probabilities": {"apa-canalizare": 0.48, "taxe-impozite": 0.31, "drumuri-trotuare": 0.09, "altele": 0.12},
            "evidence": [{"text": "factura la apă", "start": 0, "end": 0, "weight": 1.0, "where": "text"}],
        },
    )
    part = make.make_part(
        session, store, letter, b"%PDF-1.4 scan", file_name="scan_0042.pdf", found_type="pdf", number=1
    )
    for number, lines in enumerate(pages, start=1):
        picture = io.BytesIO()
        Image.open(io.BytesIO(scanned_page(lines))).save(picture, "WEBP")
        sha256 = store.put(picture.getvalue())
        record_file(session, store, sha256)
        make.make_page(
            session,
            part,
            number=number,
            text="\n".join(lines),
            image_sha256=sha256,
            mean_confidence=94.0 if number == 1 else 61.0,
            needs_human=number == 2,
            reason="" if number == 1 else "low-confidence",
        )


def _machine_mail(session: Session, store: FileStore, now: datetime) -> None:
    for kind, rule, subject in (
        ("auto-reply", "auto_submitted", "Răspuns automat: în concediu"),
        ("bounce", "delivery_report", "Undelivered Mail Returned to Sender"),
    ):
        make.make_letter(
            session,
            store,
            at=now - timedelta(hours=5),
            status=LetterStatus.MACHINE_MAIL,
            machine_kind=kind,
            machine_rule=rule,
            subject=subject,
            sender_name="",
            sender_address="postmaster@example.ro",
            text="Sunt în concediu până luni.",
        )


def _failures(session: Session, store: FileStore, now: datetime) -> None:
    letter, _case, _reply = drafted_letter(
        session,
        store,
        at=now - timedelta(hours=2),
        channel="post",
        content=b"%PDF-1.7 encrypted",
        original_name="cerere parolata.pdf",
        subject="",
        text="",
        problem="encrypted",
        petitioner=Petitioner(),
        decision={
            "topic": "altele",
            "department": "relatii-publice",
            "kind": "altele",
            "confidence": 0.04,
            "abstained": True,
            "abstain_reason": "empty",
            "probabilities": {},
        },
    )
    make.make_part(
        session,
        store,
        letter,
        b"%PDF-1.7 encrypted",
        file_name="cerere parolata.pdf",
        found_type="pdf",
        problem="encrypted",
    )
    make.make_letter(session, store, at=now - timedelta(minutes=1), subject="Certificat de urbanism")
    make.make_letter(
        session,
        store,
        at=now - timedelta(minutes=40),
        status=LetterStatus.READ,
        subject="Întrebare despre parcări",
        problem="processing-failed",
    )


def _mailbox(session: Session, now: datetime) -> None:
    seen = Seen(source=Source.MAILBOX, place="primaria/INBOX/1", key="9001", received_at=now)
    note(session, seen, Outcome.TOO_BIG, at=now, problem=f"{80 * 1024 * 1024} bytes")
    stored = 19
    session.add(
        MailboxState(
            account="primaria",
            folder="INBOX",
            uidvalidity=1,
            on_server=stored,
            last_success_at=now - timedelta(minutes=2),
            last_attempt_at=now,
        )
    )


_RAW_MAIL = (
    "From: =?utf-8?b?yJh0ZWZhbmlhIE1vbGRvdmFu?= <stefania.moldovan@example.ro>\r\nTo: primaria@primariamedias.ro\r\n"
    "Subject: Re: Groapa in asfalt pe strada Aries\r\nDate: Mon, 26 Oct 2026 10:02:11 +0200\r\n"
    "Message-ID: <m1@example.ro>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nText\r\n"
)
_HTML = (
    "<p>Bună ziua,</p><p>De <b>trei săptămâni</b> este o groapă adâncă în asfalt chiar în fața casei mele.</p>"
    '<p><img src="cid:1" alt="fotografie" width="320"></p><table><tbody><tr><td>Strada</td><td>Arieș nr. 14</td></tr>'
    '</tbody></table><p><a href="https://example.ro/harta" rel="noopener noreferrer nofollow">harta</a></p>'
    "<blockquote><p>Vă mulțumim pentru sesizare.</p></blockquote>"
)
_SCANNED = [
    "Către Primăria Municipiului Mediaș",
    "",
    "Subsemnatul Gheorghe Marin, din str. Cibin nr. 21,",
    "vă aduc la cunoștință că factura la apă pe octombrie",
    "este de trei ori mai mare, deși contorul nu a fost",
    "citit. Vă rog să verificați și să îmi răspundeți.",
]
_OTHERS: tuple[tuple[int, str, str, str, dict[str, Any]], ...] = (
    (
        29,
        "Elena Căpușan",
        "Becuri arse pe strada Luncii",
        "Pe strada Luncii nu mai arde niciun bec de la numărul 4 la 18. Vă rog să remediați.",
        {"topic": "iluminat-public", "confidence": 0.97},
    ),
    (
        27,
        "Asociația de proprietari Gării 12",
        "Pubele neridicate de două săptămâni",
        "Gunoiul nu s-a mai ridicat de două săptămâni și pubelele sunt pline.",
        {"topic": "salubrizare", "department": "mediu-salubritate", "confidence": 0.94},
    ),
    (
        25,
        "Kovács Erzsébet",
        "Járda a Mihai Viteazu utcában",
        "Kérem, javítsák meg a járdát a Mihai Viteazu utcában.",
        {"confidence": 0.62, "language": "hu"},
    ),
    (
        33,
        "Ion Rusu",
        "Solicitare informații de interes public: cheltuieli iluminat festiv",
        "În temeiul Legii 544/2001 vă rog să îmi comunicați sumele cheltuite pentru iluminatul festiv în 2025.",
        {
            "topic": "informatii-publice",
            "department": "relatii-publice",
            "kind": "informatii-publice",
            "confidence": 0.99,
        },
    ),
    (
        12,
        "Ana Munteanu",
        "Câini fără stăpân lângă școală",
        "În fiecare dimineață sunt câini fără stăpân lângă școala de pe strada Honterus.",
        {"topic": "animale", "department": "mediu-salubritate", "confidence": 0.88},
    ),
    (
        9,
        "Mircea Bota",
        "Loc de parcare de reședință",
        "Doresc să închiriez un loc de parcare lângă blocul 7 de pe strada Sibiului.",
        {"topic": "parcare-circulatie", "confidence": 0.76},
    ),
    (
        5,
        "Școala Gimnazială nr. 4",
        "Invitație la serbarea de Crăciun",
        "Vă invităm la serbarea elevilor noștri din 18 decembrie.",
        {"topic": "educatie", "department": "educatie-cultura-sport", "kind": "invitatie", "confidence": 0.55},
    ),
    (
        4,
        "Petru Olar",
        "Impozit calculat greșit",
        "Am primit decizia de impunere cu o suprafață greșită a locuinței.",
        {"topic": "taxe-impozite", "department": "taxe-impozite", "confidence": 0.93},
    ),
    (
        15,
        "Lidia Hossu",
        "Copac uscat în fața blocului",
        "Copacul uscat din fața blocului 3 poate cădea pe mașini.",
        {"topic": "spatii-verzi", "department": "mediu-salubritate", "confidence": 0.9},
    ),
    (
        2,
        "Sorin Weiss",
        "Audiență la domnul primar",
        "Solicit o audiență pentru problema terenului de pe strada Moșnei.",
        {"topic": "audienta", "department": "cabinet-primar", "kind": "audienta", "confidence": 0.83},
    ),
)


def main() -> None:
    """Seed a desk and serve it on loopback."""
    import uvicorn

    opened = open_desk(Path(sys.argv[1]), practice=len(sys.argv) > 3)
    with opened.database.write() as session:
        seed(session, opened.store, clock.now())
    uvicorn.run(opened.app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")


if __name__ == "__main__":
    main()
