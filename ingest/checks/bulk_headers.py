"""Newsletters and offers: a way to unsubscribe, or the fields of programs that send to thousands."""

from typing import Final

from ingest.checks.finding import Context, Finding
from ingest.headers import Headers

_CAMPAIGNS = frozenset(
    {
        *("x-campaign", "x-campaignid", "x-campaign-id", "x-mailin-campaign", "x-rpcampaign", "x-mc-user"),
        *("x-csa-complaints", "x-listmember", "x-mailing-id", "x-newsletter", "x-mass-mail", "x-unsubscribe-web"),
        *("x-list-unsubscribe", "list-unsubscribe"),
    }
)
_PROVIDER = ":amazonses"


class BulkHeaders:
    """List-Unsubscribe, Feedback-ID, or a field that names the campaign.

    Amazon's servers put a Feedback-ID on everything they send, letters of citizens' portals included, so theirs
    tells nothing.
    """

    name = "bulk_headers"
    fields: Final = _CAMPAIGNS | {"feedback-id"}
    prefixes: Final = ("x-mailchimp-", "x-mailerlite-", "x-mailpoet-", "x-bulk")

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Look for the presence of the fields."""
        feedback = headers.first("feedback-id").lower()
        marked = any(
            name in self.fields - {"feedback-id"} or name.startswith(self.prefixes) for name, _ in headers.fields
        )
        if marked or (feedback and not feedback.endswith(_PROVIDER)):
            return Finding("bulk", self.name)
        return None
