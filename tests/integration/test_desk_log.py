"""The classifier's figures, its models and letters that are alike, as people see them in the desk."""

import csv
import io
import re
from html import unescape
from pathlib import Path

import pytest
from sqlmodel import select

from config import clock
from desk.figures import figures, reads
from desk.log_filter import LogFilter
from desk.verdicts import VERDICTS
from registry.likeness import Like, Likeness, LikenessState, propose
from registry.model_versions import current_model
from registry.models import Case, Letter, SimilarLetter
from registry.users import Role
from tests.support.browser import Browser, signed_in, words_of
from tests.support.factories import AT
from tests.support.seed import OpenedDesk, drafted_letter, open_desk
from tests.support.seed_log import FIRST_MODEL, LATER_MODEL, seed_decisions


@pytest.fixture(scope="module")
def half_year(tmp_path_factory: pytest.TempPathFactory) -> OpenedDesk:
    opened = open_desk(tmp_path_factory.mktemp("log"))
    with opened.database.write() as session:
        seed_decisions(session, opened.store, clock.now(), count=70)
    return opened


@pytest.fixture(scope="module")
def administrator(half_year: OpenedDesk) -> Browser:
    return signed_in(half_year, Role.ADMINISTRATOR)[0]


def listed(browser: Browser, address: str) -> int:
    """How many decisions the log shows at an address."""
    found = re.search(r"(\d+) (?:de )?deci", browser.page(address))
    return int(found[1]) if found else 0


def test_every_number_of_the_figures_leads_to_as_many_decisions(half_year: OpenedDesk, administrator: Browser) -> None:
    with half_year.database.read() as session:
        found = figures(reads(session, since=None, version=""), None, clock.today(), {})
    log = LogFilter(show="model")
    assert found.totals.decisions == listed(administrator, log.address()) == 70
    for one in found.bins:
        for verdict in VERDICTS:
            address = log.address(band=str(one.number), verdict=verdict)
            assert listed(administrator, address) == getattr(one, verdict), address
    for said, became, count in found.mistakes:
        assert listed(administrator, log.address(topic=said, became=became)) == count
    for reason, count in found.reasons:
        assert listed(administrator, log.address(reason=reason)) == count
    for month in found.months:
        assert listed(administrator, log.address(month=month.month.isoformat())) == month.decisions
    for row in found.topics:
        assert listed(administrator, log.address(topic=row.topic, verdict="wrong")) == row.wrong


def test_every_link_of_the_figures_opens(administrator: Browser) -> None:
    page = administrator.client.get("/log/figures?days=0").text
    links = {unescape(link) for link in re.findall(r'<a href="(/log[^"]*)"', page)}
    assert len(links) > 40
    for link in sorted(links)[::4]:
        assert administrator.get(link).status_code == 200, link
    assert "style=" not in page, "the content policy forbids styles in the page"


def test_the_figures_of_one_version_are_only_its_own(administrator: Browser) -> None:
    total = sum(
        listed(administrator, LogFilter(show="model", version=version).address())
        for version in (FIRST_MODEL, LATER_MODEL)
    )
    assert total == 70
    page = administrator.page(f"/log/figures?days=0&version={LATER_MODEL}")
    assert f"version={LATER_MODEL}" in page
    assert f"version={FIRST_MODEL}" not in page
    assert "Cifrele clasificatorului" in administrator.page("/log/figures?days=17&version=nobody")


def test_the_export_says_what_people_made_of_each_decision(administrator: Browser) -> None:
    text = administrator.get("/log.csv?show=model&verdict=wrong").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert rows
    assert {row["verdict"] for row in rows} == {"wrong"}
    assert all(row["topic_by_people"] not in ("", row["topic"]) for row in rows)
    assert {row["views"] for row in rows} <= {"e5+lexicon+stems", "lexicon+stems"}


def test_an_administrator_puts_the_candidate_to_work_and_goes_back(
    half_year: OpenedDesk, administrator: Browser
) -> None:
    def current() -> str:
        with half_year.database.read() as session:
            model = current_model(session)
            assert model is not None
            return model.version

    page = administrator.page("/log/models")
    assert "74,5\u00a0% →" in page
    assert "77,1\u00a0%" in page
    assert "/log/models/c05d11aa90e7/use" not in page, "a model that reads worse is not offered"
    assert current() == LATER_MODEL
    answer = administrator.post("/log/models/e9b3347fd215/use")
    assert "citește începând cu următoarea scrisoare" in words_of(answer)
    assert current() == "e9b3347fd215"
    administrator.post("/log/models/back")
    assert current() == LATER_MODEL
    assert administrator.post("/log/models/c05d11aa90e7/use").status_code == 409
    assert administrator.post("/log/models/unknown/use").status_code == 409
    assert current() == LATER_MODEL


def test_a_clerk_sees_what_a_letter_is_like_and_says_what_it_is(tmp_path: Path) -> None:
    desk = open_desk(tmp_path)
    with desk.database.write() as session:
        letters = [drafted_letter(session, desk.store, at=AT, sender_name=f"Petent {number}")[0] for number in range(4)]
        ids = [letter.id or 0 for letter in letters]
        propose(session, ids[1], [Like(ids[0], Likeness.NEAR_COPY, 0.81)], at=AT, actor="worker")
        propose(session, ids[2], [Like(ids[0], Likeness.SIMILAR, 0.25)], at=AT, actor="worker")
        cases = session.exec(select(Case.status, Case.id)).all()
    clerk, _user = signed_in(desk, Role.CLERK)
    page = clerk.page(f"/letters/{ids[1]}")
    assert "Scrisori asemănătoare" in page
    assert "81\u00a0% text comun" in page
    assert f'href="/letters/{ids[0]}"' in page
    assert "Petent 2" in clerk.page(f"/letters/{ids[0]}"), "the earlier letter names the later ones"
    assert "Scrisori asemănătoare" not in clerk.page(f"/letters/{ids[3]}")
    assert clerk.page("/letters").count("copie aproape identică") == 1
    clerk.post(f"/letters/{ids[1]}/similar/1", choice="confirm")
    assert "confirmat" in clerk.page(f"/letters/{ids[1]}")
    clerk.post(f"/letters/{ids[0]}/similar/1", choice="dismiss")
    assert "Scrisori asemănătoare" not in clerk.page(f"/letters/{ids[1]}")
    assert "copie aproape identică" not in clerk.page("/letters")
    assert clerk.post(f"/letters/{ids[3]}/similar/2", choice="confirm").status_code == 404
    with desk.database.read() as session:
        assert session.get_one(SimilarLetter, 1).state == LikenessState.DISMISSED
        assert session.get_one(SimilarLetter, 2).state == LikenessState.OPEN
        assert session.exec(select(Case.status, Case.id)).all() == cases, "nothing else changes"


def test_two_letters_of_one_person_that_belong_together_may_be_put_into_one_case(tmp_path: Path) -> None:
    desk = open_desk(tmp_path)
    with desk.database.write() as session:
        (first, case, _), (second, _, _), (other, _, _) = (
            drafted_letter(session, desk.store, at=AT, sender_address=address)
            for address in ("ion@example.ro", "ion@example.ro", "ana@example.ro")
        )
        for letter in (second, other):
            propose(session, letter.id or 0, [Like(first.id or 0, Likeness.NEAR_COPY, 0.9)], at=AT, actor="worker")
    clerk, _user = signed_in(desk, Role.CLERK)
    question = "Aceeași persoană a mai scris despre aceasta"
    clerk.post(f"/letters/{other.id}/similar/2", choice="confirm")
    assert question not in clerk.page(f"/letters/{other.id}")
    clerk.post(f"/letters/{second.id}/similar/1", choice="confirm")
    assert question in clerk.page(f"/letters/{second.id}")
    clerk.post(f"/letters/{second.id}/joins/1", choice="join")
    with desk.database.read() as session:
        assert session.get_one(Letter, second.id).case_id == case.id
