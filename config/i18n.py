"""Words for people: gettext catalogues, Romanian first, English second.

Sentences in the code are English and are the message ids; each room of the house keeps its Romanian
catalogue in `<room>/locale/ro.po`. The catalogues are read once at start, so there is no build step.
"""

import gettext as _gettext
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

HOUSE = Path(__file__).resolve().parent.parent
ROOMS = ("config", "registry", "ingest", "classifiers", "responders", "daemon", "desk")
LANGUAGES = ("ro", "en")
_language: ContextVar[str] = ContextVar("language", default="ro")


@lru_cache
def _catalogue(language: str) -> _gettext.NullTranslations:
    merged: _gettext.NullTranslations = _gettext.NullTranslations()
    for room in ROOMS:
        path = HOUSE / room / "locale" / f"{language}.po"
        if not path.exists():
            continue
        compiled = io.BytesIO()
        with path.open("rb") as source:
            write_mo(compiled, read_po(source, locale=language))
        compiled.seek(0)
        one = _gettext.GNUTranslations(compiled)
        one.add_fallback(merged)
        merged = one
    return merged


def gettext(message: str) -> str:
    """The message in the language of the person it is for (Romanian unless `speaking` says otherwise)."""
    return _catalogue(_language.get()).gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The message for `count` things, with the plural rules of the person's language."""
    return _catalogue(_language.get()).ngettext(singular, plural, count)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak `language` ("ro" or "en") to the person served inside the block; others fall back to Romanian."""
    token = _language.set(language if language in LANGUAGES else "ro")
    try:
        yield
    finally:
        _language.reset(token)


_ = gettext
