"""Romanian for people: complete, with the right letters, and with the same gaps to fill as the English."""

import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from config.i18n import HOUSE, ROOMS, gettext, ngettext, speaking

CEDILLAS = set("şţŞŢãÃ")
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.j2", "jinja2")]
OPTIONS = {ending: {"silent": "false", "extensions": "jinja2.ext.do"} for ending in ("**.html", "**.j2")}


def messages(room: str) -> dict[str | tuple[str, ...], str]:
    """Every message in the code and templates of a room, with the place of its first use."""
    found: dict[str | tuple[str, ...], str] = {}
    for file, line, message, _comments, _context in extract_from_dir(HOUSE / room, METHODS, OPTIONS):
        key = tuple(message[:2]) if isinstance(message, tuple) else message
        found.setdefault(key, f"{room}/{file}:{line}")
    return found


def catalogue(room: str) -> Catalog:
    path = HOUSE / room / "locale" / "ro.po"
    assert path.exists(), f"{room} speaks to people but has no {path}"
    with path.open("rb") as source:
        return read_po(source, locale="ro", abort_invalid=True)


@pytest.fixture(params=ROOMS)
def room(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if not messages(name):
        pytest.skip(f"{name} says nothing to people")
    return name


def translations(room: str) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The English form or forms of every message, with the Romanian one or ones."""
    for message in catalogue(room):
        if message.id:
            yield _forms(message.id), _forms(message.string)


def _forms(text: Any) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, tuple | list) else (text,)


def test_every_message_of_a_room_is_in_its_romanian_catalogue(room: str) -> None:
    romanian = catalogue(room)
    missing = []
    for key, place in messages(room).items():
        entry = romanian.get(key[0] if isinstance(key, tuple) else key)
        if entry is None or entry.fuzzy or isinstance(entry.id, tuple) != isinstance(key, tuple):
            missing.append(f"{place}: {key!r}")
            continue
        strings = _forms(entry.string)
        if not all(strings) or len(strings) != (3 if isinstance(key, tuple) else 1):
            missing.append(f"{place}: {key!r} (empty)")
    assert not missing, "without Romanian:\n" + "\n".join(missing)


def test_romanian_is_written_with_commas_below_and_not_with_cedillas(room: str) -> None:
    wrong = [forms for _original, forms in translations(room) if CEDILLAS & set("".join(forms))]
    assert not wrong


def test_a_translation_fills_in_the_same_values_as_its_original(room: str) -> None:
    wrong = []
    for original, forms in translations(room):
        wanted = set().union(*map(_fields, original))
        for number, text in enumerate(forms):
            # "one letter" may say its number as a word
            may_lack = {"count", "n", "num"} if len(forms) > 1 and number == 0 else set()
            if not wanted - may_lack <= _fields(text) <= wanted:
                wrong.append((original, text))
    assert not wrong


def _fields(text: str) -> set[str]:
    if "%(" in text:
        return {piece.partition(")")[0] for piece in text.split("%(")[1:]}
    try:
        return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}
    except ValueError:
        return set()


@pytest.mark.parametrize("folder", ["config", "registry", "ingest", "classifiers", "responders", "daemon", "desk"])
def test_code_and_tables_hold_no_cedillas_outside_the_rules_that_read_them(folder: str) -> None:
    wrong = [
        path.relative_to(HOUSE)
        for path in _texts(HOUSE / folder)
        if set("şţŞŢ") & set(path.read_text(encoding="utf-8")) and "cedilla" not in path.read_text(encoding="utf-8")
    ]
    assert not wrong


def _texts(folder: Path) -> Iterator[Path]:
    for ending in ("yaml", "po", "html"):
        yield from folder.rglob(f"*.{ending}")


def test_people_are_spoken_to_in_romanian_unless_they_chose_english() -> None:
    assert gettext("this setting is missing") == "această setare lipsește"
    with speaking("en"):
        assert gettext("this setting is missing") == "this setting is missing"
        with speaking("ro"):
            assert gettext("this setting is missing") == "această setare lipsește"
        assert gettext("this setting is missing") == "this setting is missing"
    assert gettext("this setting is missing") == "această setare lipsește"


def test_a_language_nobody_translated_falls_back_to_romanian() -> None:
    with speaking("fr"):
        assert gettext("weekend") == "sfârșit de săptămână"


def test_a_sentence_nobody_translated_is_shown_in_english() -> None:
    assert gettext("A sentence without translation.") == "A sentence without translation."


@pytest.mark.parametrize(
    ("count", "romanian", "english"),
    [
        (0, "0 zile", "0 days"),
        (1, "1 zi", "1 day"),
        (2, "2 zile", "2 days"),
        (19, "19 zile", "19 days"),
        (20, "20 de zile", "20 days"),
        (30, "30 de zile", "30 days"),
        (101, "101 zile", "101 days"),
        (120, "120 de zile", "120 days"),
    ],
)
def test_counted_things_follow_the_three_romanian_forms(count: int, romanian: str, english: str) -> None:
    assert ngettext("{count} day", "{count} days", count).format(count=count) == romanian
    with speaking("en"):
        assert ngettext("{count} day", "{count} days", count).format(count=count) == english
