"""Step `language`: Romanian, Hungarian, German or English, by a vote of small words on folded text."""

from collections import Counter

from spacy.language import Language
from spacy.tokens import Doc

from registry.text import fold

_SMALL_WORDS = {
    "ro": (
        "si sa nu la de cu pe din este sunt care va rog pentru ca mai am ne noi strada buna ziua in "
        "acest dumneavoastra "
    ),
    "hu": (
        "es az egy hogy nem is van vagy ez meg csak de mert kerem tisztelt utca mar a nagyon ha "
        "koszonettel volt szeretnem onok lakom "
    ),
    "de": (
        "und der die das ist nicht wir sie ich zu mit den von fur auf ein eine sehr geehrte herr wir uns "
        "im dem bitte gruss "
    ),
    "en": (
        "the and of to is we you for our are with would your this that on dear be have from please sincerely it not "
    ),
}
_VOTES: dict[str, list[str]] = {}
for _language, _words in _SMALL_WORDS.items():
    for _word in dict.fromkeys(_words.split()):
        _VOTES.setdefault(_word, []).append(_language)

if not Doc.has_extension("language"):
    Doc.set_extension("language", default="ro")


def language_of(words: list[str]) -> str:
    """The language most of the folded small words belong to; Romanian if nothing or no single one wins."""
    votes: Counter[str] = Counter()
    for word in words:
        owners = _VOTES.get(word, ())
        for owner in owners:
            votes[owner] += 6 // len(owners)
    if not votes:
        return "ro"
    most = max(votes.values())
    winners = [name for name, count in votes.items() if count == most]
    return winners[0] if len(winners) == 1 else "ro"


@Language.component("language", assigns=["doc._.language"])
def language(doc: Doc) -> Doc:
    """Write `doc._.language`: ro, hu, de or en."""
    doc._.language = language_of([fold(token.text) for token in doc])
    return doc
