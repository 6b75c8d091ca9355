"""A browser without JavaScript for tests of the desk: it signs in, follows redirects and sends form tokens."""

import re
from html import unescape

import httpx
from fastapi.testclient import TestClient

from registry.models import User
from registry.users import Role
from tests.support.factories import PASSWORD, make_user
from tests.support.seed import OpenedDesk

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """One browser window at a desk."""

    def __init__(self, desk: OpenedDesk) -> None:
        """Open a window; nobody is signed in."""
        self.client = TestClient(desk.app, raise_server_exceptions=False)

    def sign_in(self, username: str, password: str = PASSWORD) -> httpx.Response:
        """Fill in the sign-in form and send it."""
        token = _TOKEN.search(self.client.get("/sign-in").text)
        assert token, "the sign-in form has no token"
        data = {"username": username, "password": password, "csrf_token": token[1]}
        answer: httpx.Response = self.client.post("/sign-in", data=data)
        return answer

    def get(self, path: str) -> httpx.Response:
        """Open a page."""
        answer: httpx.Response = self.client.get(path)
        return answer

    def page(self, path: str) -> str:
        """The text of a page that must be there, with its entities resolved."""
        answer = self.client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return unescape(answer.text)

    def token(self) -> str:
        """The form token of this session."""
        found = _TOKEN.search(self.client.get("/account").text)
        assert found, "nobody is signed in"
        return found[1]

    def post(self, path: str, **data: str) -> httpx.Response:
        """Send a form with its token and follow the redirect."""
        answer: httpx.Response = self.client.post(path, data={"csrf_token": self.token(), **data})
        return answer


def signed_in(desk: OpenedDesk, role: Role, username: str = "") -> tuple[Browser, User]:
    """A window in which a new user of this role is signed in."""
    with desk.database.write() as session:
        user = make_user(session, role=role, username=username)
    browser = Browser(desk)
    answer = browser.sign_in(user.username)
    assert answer.status_code == 200, answer.text
    return browser, user


def words_of(answer: httpx.Response) -> str:
    """The text of an answer with its entities resolved."""
    return unescape(answer.text)
