"""Debian's Chromium driven by Playwright; nothing is downloaded."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from tests.support.house import PASSWORD, TestHouse

BINARY = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """A headless browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BINARY, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Person:
    """Somebody at the desk with a browser of their own; every request it makes is noted."""

    def __init__(self, browser: Browser, house: TestHouse, *, javascript: bool = True) -> None:
        self.house = house
        self.requests: list[str] = []
        self._context: BrowserContext = browser.new_context(
            base_url=house.address,
            viewport={"width": 1366, "height": 768},
            java_script_enabled=javascript,
            locale="ro-RO",
        )
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.on("request", self._note)

    def sign_in(self, username: str, password: str = PASSWORD) -> None:
        """Sign in by the form."""
        self.page.goto("/")
        self.page.get_by_label("Nume de utilizator").fill(username)
        self.page.get_by_label("Parola").fill(password)
        self.page.get_by_role("button", name="Autentificare").click()
        self.page.get_by_role("heading", name="Astăzi").wait_for()

    def foreign_requests(self) -> list[str]:
        """Requests that did not go to the desk."""
        return [url for url in self.requests if not url.startswith((self.house.address, "data:", "blob:"))]

    def screenshot(self, path: Path) -> None:
        """Keep a picture of the whole page."""
        self.page.screenshot(path=path, full_page=True)

    def _note(self, request: Request) -> None:
        self.requests.append(request.url)
