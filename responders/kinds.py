"""Words for what a reply is, how it goes out and in which languages we can be courteous."""

from enum import StrEnum


class ReplyKind(StrEnum):
    """What a reply does. An acknowledgement is not an answer and never closes a case (domain rule 7.4)."""

    ACKNOWLEDGEMENT = "acknowledgement"
    ANSWER = "answer"


class Channel(StrEnum):
    """How a reply reaches the citizen."""

    EMAIL = "email"
    POST = "post"


COURTESY_LANGUAGES = ("hu", "de", "en")
"""Languages for which a courtesy text follows the Romanian letter."""
