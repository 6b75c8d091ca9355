"""E-mail addresses and Romanian telephone numbers."""

import re
from collections.abc import Iterator

from classifiers.facts.fact import DIGIT, Fact, Page, figures

_HOST = r"[a-z0-9][a-z0-9-]{0,62}"
_EMAIL = re.compile(rf"(?<![\w.+-])[a-z0-9][\w.+-]{{0,63}}\s?@\s?{_HOST}(?:\.[a-z0-9-]{{1,63}}){{1,4}}(?![\w-])")
# Written against robots: "ana.pop (at) exemplu.ro", "ana.pop[arond]exemplu.ro".
_HIDDEN_EMAIL = re.compile(
    r"(?<![\w.+-])([a-z0-9][\w.+-]{0,63})\s?[(\[](?:at|arond|a rond)[)\]]\s?"
    rf"({_HOST}(?:\.[a-z0-9-]{{1,63}}){{1,4}})(?![\w-])"
)
# 07xx, 02xx, 03xx with any of the separators people use, with or without the country's +40 / 0040; the first nought
# is often a letter on scanned paper.
_PHONE = re.compile(
    rf"(?<![\w/.-])(?:\(?(?:\+|00)40\)?[\s.-]?\(?0?\)?|\(?[0o])(?=[237])(\d(?:[\s./()-]{{0,2}}{DIGIT}){{8}})(?!\w)"
)

_FIGURES_READ = 7


def find(page: Page) -> Iterator[Fact]:
    """E-mails in lower case; phones as 0xxxxxxxxx."""
    for match in page.search(_EMAIL):
        if "\n" not in match[0]:
            yield page.fact("email", match, value=re.sub(r"\s", "", match[0]).rstrip("."))
    for match in page.search(_HIDDEN_EMAIL):
        yield page.fact("email", match, value=f"{match[1]}@{match[2]}")
    for match in page.search(_PHONE):
        if "\n" not in match[0] and sum(map(str.isdigit, match[1])) >= _FIGURES_READ:
            yield page.fact("phone", match, value="0" + figures(match[1]))
