"""E-mail addresses and Romanian telephone numbers."""

import re
from collections.abc import Iterator

from classifiers.facts.fact import Fact, Page

_EMAIL = re.compile(r"(?<![\w.+-])[a-z0-9][\w.+-]{0,63}@[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63}){1,4}(?![\w-])")
# 07xx, 02xx, 03xx with any of the separators people use, with or without the country's +40 / 0040.
_PHONE = re.compile(r"(?<![\d/.-])(?:\(?(?:\+|00)40\)?[\s.-]?\(?0?\)?|\(?0)(?=[237])(\d(?:[\s./()-]{0,2}\d){8})(?!\d)")


def find(page: Page) -> Iterator[Fact]:
    """E-mails in lower case; phones as 0xxxxxxxxx."""
    for match in page.search(_EMAIL):
        yield page.fact("email", match, value=match[0].rstrip("."))
    for match in page.search(_PHONE):
        if "\n" not in match[0]:
            yield page.fact("phone", match, value="0" + re.sub(r"\D", "", match[1]))
