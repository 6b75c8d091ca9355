"""The templates: all are usable, and a mistake in one is said with file and line."""

import shutil
from pathlib import Path

import pytest

from config.i18n import speaking
from config.town import LETTER_KINDS, load_tables
from responders.context import FIELDS
from responders.errors import TemplateWrong
from responders.gaps import gaps_in
from responders.kinds import COURTESY_LANGUAGES, ReplyKind
from responders.letter_text import states_legal_basis
from responders.templates import DEFAULT_FOLDER, load_templates

OWN_KINDS = sorted(path.name.split(".")[0] for path in (DEFAULT_FOLDER / "ro" / "kinds").iterdir())
TOPICS = sorted(topic.slug for topic in load_tables().topics)
FULL = {field: f"<{field}>" for field in FIELDS}
NO_PROMISES = ("aprobare tacită", "aprobată tacit", "copie legalizată", "dosar cu șină", "vom repara", "vă promitem")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEFAULT_FOLDER, tmp_path / "templates"))


def test_there_are_28_topics_and_each_has_its_own_template() -> None:
    assert len(TOPICS) == 28
    assert {f"ro/topics/{topic}" for topic in TOPICS} <= set(load_templates().fields)


def test_every_legal_kind_with_rules_of_its_own_has_a_template() -> None:
    assert set(OWN_KINDS) == set(LETTER_KINDS) - {"petitie", "altele"}


@pytest.mark.parametrize(
    "name", [f"ro/topics/{topic}" for topic in TOPICS] + [f"ro/kinds/{kind}" for kind in OWN_KINDS] + ["ro/answer"]
)
def test_an_answer_asks_a_person_for_what_the_record_does_not_know(name: str) -> None:
    text = load_templates().render(name, FULL)
    assert gaps_in(text)
    assert "Temei legal:" in text
    assert text.startswith("Nr. <own_number>\nReferitor la: ")
    assert text.endswith("<signatory_title>,\n<signatory>")
    assert "<salutation>" in text
    assert not any(words in text.lower() for words in NO_PROMISES)
    assert not set("şţŞŢ") & set(text)
    assert "  " not in text
    assert "None" not in text


def test_an_acknowledgement_has_no_gaps_and_says_that_it_is_not_an_answer() -> None:
    text = load_templates().render("ro/acknowledgement", FULL)
    assert gaps_in(text) == []
    assert states_legal_basis(text)
    assert "nu ține loc de răspuns" in text


@pytest.mark.parametrize("language", COURTESY_LANGUAGES)
def test_courtesy_acknowledgements_are_complete_and_courtesy_answers_ask_for_the_translation(language: str) -> None:
    templates = load_templates()
    assert gaps_in(templates.render(f"{language}/acknowledgement", FULL)) == []
    assert len(gaps_in(templates.render(f"{language}/answer", FULL))) == 1


@pytest.mark.parametrize("kind", ["informatii-publice", "presa", "reclamatie-administrativa", "plangere-prealabila"])
def test_where_the_law_asks_for_it_the_answer_says_how_to_contest_it(kind: str) -> None:
    text = load_templates().render(f"ro/kinds/{kind}", FULL)
    assert "contencios administrativ" in text
    assert "6 luni" in text if kind == "plangere-prealabila" else "30 de zile" in text


def test_a_topic_that_the_town_added_gets_the_general_answer() -> None:
    assert load_templates().romanian(ReplyKind.ANSWER, "petitie", "topic-nou") == "ro/topics/altele"


def test_the_legal_kind_wins_over_the_topic() -> None:
    assert load_templates().romanian(ReplyKind.ANSWER, "presa", "drumuri-trotuare") == "ro/kinds/presa"


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        ("a\n\n{{ numar }}", 3, "numar"),
        ("a\n{% if number %}", 2, "if"),
        ("a\nb\n{{ number.label }}", 3, "label"),
        ('{% extends "ro/nimic.txt.j2" %}', 1, "nimic"),
        ("a\n{{ number / 0 }}", 2, ""),
    ],
)
def test_a_mistake_is_named_with_file_and_line(folder: Path, content: str, line: int, problem: str) -> None:
    broken = folder / "ro" / "topics" / "animale.txt.j2"
    broken.write_text(content, encoding="utf-8")
    with speaking("en"), pytest.raises(TemplateWrong) as caught:
        load_templates(folder)
    assert f"{broken}:{line}" in str(caught.value)
    assert problem in str(caught.value)


def test_a_template_cannot_reach_into_the_program(folder: Path) -> None:
    broken = folder / "ro" / "topics" / "animale.txt.j2"
    broken.write_text("{{ gap.__globals__ }}", encoding="utf-8")
    with pytest.raises(TemplateWrong):
        load_templates(folder)


def test_a_missing_general_template_is_named(folder: Path) -> None:
    (folder / "hu" / "answer.txt.j2").unlink()
    with pytest.raises(TemplateWrong, match=r"hu/answer\.txt\.j2"):
        load_templates(folder)


def test_a_kind_without_a_name_for_its_letters_is_named(folder: Path) -> None:
    names = folder / "ro" / "letter_names.yaml"
    names.write_text(names.read_text(encoding="utf-8").replace("presa:", "prese:"), encoding="utf-8")
    with pytest.raises(TemplateWrong, match="presa"):
        load_templates(folder)
