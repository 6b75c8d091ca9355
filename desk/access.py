"""The one table of who may call which route. A route that is not in it is refused to everybody."""

from registry.users import Role

CLERK, APPROVER, OPERATOR, ADMINISTRATOR = Role.CLERK, Role.APPROVER, Role.OPERATOR, Role.ADMINISTRATOR
Roles = frozenset[Role]

EVERYBODY: Roles | None = None
"""Also people who are not signed in."""
STAFF: Roles = frozenset(Role)

ACCESS: dict[tuple[str, str], Roles | None] = {
    ("GET", "/health"): EVERYBODY,
    ("GET", "/metrics"): EVERYBODY,  # only from this machine: see desk.screens.metrics
    ("GET", "/sign-in"): EVERYBODY,
    ("POST", "/sign-in"): EVERYBODY,
    ("POST", "/sign-out"): STAFF,
    ("GET", "/account"): STAFF,
    ("POST", "/account/language"): STAFF,
    ("POST", "/account/password"): STAFF,
    ("GET", "/"): STAFF,
    # letters
    ("GET", "/letters"): STAFF,
    ("GET", "/letters/{letter_id}"): STAFF,
    ("GET", "/letters/{letter_id}/mail"): STAFF,
    ("GET", "/letters/{letter_id}/original"): STAFF,
    ("GET", "/letters/{letter_id}/parts/{part_id}"): STAFF,
    ("GET", "/letters/{letter_id}/parts/{part_id}/image"): STAFF,
    ("GET", "/letters/{letter_id}/pages/{page_id}/image"): STAFF,
    ("GET", "/letters/{letter_id}/archive"): STAFF,
    ("GET", "/letters/{letter_id}/page/{part}/{number}"): STAFF,
    ("POST", "/letters/{letter_id}/page/{part}/{number}/text"): frozenset({CLERK}),
    ("POST", "/letters/{letter_id}/page/{part}/{number}/checked"): frozenset({CLERK}),
    ("POST", "/letters/{letter_id}/page/{part}/{number}/turn"): frozenset({CLERK}),
    ("POST", "/letters/{letter_id}/page/{part}/{number}/move"): frozenset({CLERK}),
    ("POST", "/letters/{letter_id}/page/{part}/{number}/split"): frozenset({CLERK}),
    ("POST", "/letters/{letter_id}/splits/{proposal_id}"): frozenset({CLERK}),
    ("POST", "/letters/{letter_id}/continues"): frozenset({CLERK}),
    ("POST", "/letters/{letter_id}/reclassification"): frozenset({CLERK}),
    ("POST", "/letters/{letter_id}/classification"): frozenset({CLERK}),
    ("POST", "/letters/{letter_id}/joins/{proposal_id}"): frozenset({CLERK}),
    ("POST", "/letters/{letter_id}/similar/{similar_id}"): frozenset({CLERK}),
    ("POST", "/letters/{letter_id}/process-again"): frozenset({CLERK, OPERATOR}),
    # replies
    ("POST", "/replies/{reply_id}/save"): frozenset({CLERK}),
    ("POST", "/replies/{reply_id}/submit"): frozenset({CLERK}),
    ("POST", "/replies/{reply_id}/approve"): frozenset({APPROVER}),
    ("POST", "/replies/{reply_id}/return"): frozenset({APPROVER}),
    ("GET", "/replies/{reply_id}/pdf"): STAFF,
    ("GET", "/approvals"): STAFF,
    # dispatch
    ("GET", "/post"): STAFF,
    ("POST", "/post/{outbox_id}/posted"): frozenset({CLERK}),
    # paper that comes in
    ("GET", "/labels"): frozenset({CLERK, OPERATOR, ADMINISTRATOR}),
    ("POST", "/labels/sheets"): frozenset({CLERK, OPERATOR, ADMINISTRATOR}),
    ("POST", "/labels/numbers"): frozenset({CLERK, OPERATOR, ADMINISTRATOR}),
    ("GET", "/dispatches"): STAFF,
    ("POST", "/dispatches/{outbox_id}/decision"): frozenset({CLERK, OPERATOR}),
    ("GET", "/sending"): frozenset({APPROVER, OPERATOR, ADMINISTRATOR}),
    ("POST", "/sending"): frozenset({OPERATOR, ADMINISTRATOR}),
    ("POST", "/sending/acknowledgements"): frozenset({APPROVER, ADMINISTRATOR}),
    # the machine's books
    ("GET", "/log"): STAFF,
    ("GET", "/log.csv"): frozenset({OPERATOR, ADMINISTRATOR}),
    ("GET", "/log/figures"): STAFF,
    ("GET", "/log/models"): STAFF,
    ("POST", "/log/models/back"): frozenset({ADMINISTRATOR}),
    ("POST", "/log/models/{version}/use"): frozenset({ADMINISTRATOR}),
    ("GET", "/ledger"): frozenset({OPERATOR, ADMINISTRATOR}),
    ("POST", "/ledger/{ledger_id}/release"): frozenset({OPERATOR, ADMINISTRATOR}),
    # users
    ("GET", "/users"): frozenset({ADMINISTRATOR}),
    ("POST", "/users"): frozenset({ADMINISTRATOR}),
    ("POST", "/users/{user_id}/active"): frozenset({ADMINISTRATOR}),
    ("POST", "/users/{user_id}/password"): frozenset({ADMINISTRATOR}),
}


def may(role: Role, method: str, path: str) -> bool:
    """Whether a signed-in user of this role may call the route; `path` is the route's pattern."""
    roles = ACCESS[(method, path)]
    return roles is None or role in roles
