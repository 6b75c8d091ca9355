"""Every route against every role, and against people who are not signed in."""

from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from desk.access import ACCESS, EVERYBODY, may
from desk.app import SCREENS
from registry.statuses import ReplyStatus
from registry.users import Role
from tests.support.browser import Browser, signed_in
from tests.support.factories import AT, make_dispatch, make_page, make_part, make_reply
from tests.support.seed import OpenedDesk, drafted_letter, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> OpenedDesk:
    opened = open_desk(tmp_path)
    with opened.database.write() as session:
        letter, case, _reply = drafted_letter(session, opened.store, at=AT, html="<p>x</p>")
        make_page(session, make_part(session, opened.store, letter))
        make_dispatch(session, make_reply(session, case, letter, status=ReplyStatus.APPROVED))
    return opened


def routes(desk: OpenedDesk) -> set[tuple[str, str]]:
    # One included router per screen and the static files: no route can be anywhere else.
    assert len(desk.app.routes) == len(SCREENS) + 1
    found = [route for screen in SCREENS for route in screen.router.routes if isinstance(route, APIRoute)]
    return {(method, route.path) for route in found for method in route.methods or ()}


def concrete(path: str) -> str:
    for name in ("letter_id", "part_id", "page_id", "reply_id", "outbox_id"):
        path = path.replace(f"{{{name}}}", "1")
    return path.replace("{user_id}", "999")


def test_the_table_names_every_route_and_nothing_else(desk: OpenedDesk) -> None:
    assert routes(desk) == set(ACCESS)


def test_people_who_are_not_signed_in_are_sent_to_the_door_from_everywhere(desk: OpenedDesk) -> None:
    browser = Browser(desk)
    for (method, path), roles in ACCESS.items():
        answer = browser.client.request(method, concrete(path), follow_redirects=False)
        if roles is EVERYBODY:
            # 403: the sign-in form without its token; 404: figures are for programs on this machine.
            assert answer.status_code in (200, 403, 404), path
        else:
            assert answer.status_code == 303, f"{method} {path}"
            assert answer.headers["location"].startswith("/sign-in"), f"{method} {path}"


@pytest.mark.parametrize("role", list(Role))
def test_a_role_reaches_its_routes_and_no_others(desk: OpenedDesk, role: Role) -> None:
    browser, _user = signed_in(desk, role)
    for method, path in sorted(ACCESS):
        if path in ("/sign-out", "/account/password", "/sign-in"):
            continue
        answer = browser.post(concrete(path)) if method == "POST" else browser.get(concrete(path))
        refused = answer.status_code == 403
        assert refused is not may(role, method, path), f"{role} {method} {path}: {answer.status_code}"
        assert answer.status_code < 500, f"{role} {method} {path}"


@pytest.mark.parametrize("role", list(Role))
def test_the_menu_offers_only_what_opens(desk: OpenedDesk, role: Role) -> None:
    browser, _user = signed_in(desk, role)
    page = browser.page("/")
    for path in ("/letters", "/approvals", "/post", "/dispatches", "/log", "/ledger", "/sending", "/users"):
        assert (f'href="{path}"' in page) is may(role, "GET", path), path


def test_a_deactivated_user_is_out_at_once(desk: OpenedDesk) -> None:
    clerk, user = signed_in(desk, Role.CLERK)
    administrator, _other = signed_in(desk, Role.ADMINISTRATOR)
    assert administrator.post(f"/users/{user.id}/active", active="no").status_code == 200
    answer = clerk.client.get("/letters", follow_redirects=False)
    assert answer.status_code == 303
