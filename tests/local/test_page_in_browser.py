"""The page in a real browser, on the running stack: by keyboard, in both themes, and with what others try."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from scripts import ROOT
from scripts.lib.local_stack import StackInfo
from scripts.local_aws import stack as local
from scripts.local_aws.page.application import View
from scripts.local_aws.page.server import Server
from scripts.local_aws.page.views import Views
from tests.browser import chromium

PLAN = ROOT / "tests" / "review" / "cases" / "wrong_authorizer.json"
SECONDS = 30
# More than these a person does not press before she gives up.
MOST_KEYS = 40

_MISSING = chromium.missing()
if _MISSING is not None and not os.environ.get(chromium.REQUIRED):
    pytest.skip(f"THE PAGE IS NOT TESTED IN A BROWSER: {_MISSING}", allow_module_level=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    assert _MISSING is None, _MISSING
    with chromium.running() as driver:
        chromium.use_theme(driver, "light")
        yield driver


class Page:
    """The page, served for one test module and opened in a browser."""

    def __init__(self, browser: Chrome, server: Server, answered: list[str]) -> None:
        """Take the browser, the server, and the list of the requests that its views have answered."""
        self.browser = browser
        self.server = server
        self.origin = f"http://127.0.0.1:{server.server_port}"
        self.answered = answered

    def open(self) -> None:
        """Show the page anew, and wait until every route has answered."""
        self.browser.get(self.origin)
        self.wait_for(lambda: "callers.json" in self.text("progress"))

    def element(self, identity: str) -> WebElement:
        return self.browser.find_element(By.ID, identity)

    def text(self, identity: str) -> str:
        return self.element(identity).text

    def wait_for(self, condition: Callable[[], Any]) -> None:
        WebDriverWait(self.browser, SECONDS, poll_frequency=0.05).until(lambda _: condition())

    def press(self, *keys: str) -> WebElement:
        """Press keys, and return the element that has the focus then."""
        for key in keys:
            self.focused.send_keys(key)
        return self.focused

    @property
    def focused(self) -> WebElement:
        return self.browser.switch_to.active_element

    def press_until(self, key: str, wanted: Callable[[WebElement], bool]) -> WebElement:
        """Press a key until an element has the focus; fails where that takes too long."""
        for _ in range(MOST_KEYS):
            if wanted(focused := self.press(key)):
                return focused
        pytest.fail(f"{MOST_KEYS} times {key!r} lead nowhere")

    def cell(self, route: str, caller: str) -> WebElement:
        """The button of a cell."""
        cells = self.browser.find_elements(By.CSS_SELECTOR, "#routes button")
        return next(each for each in cells if says(each).startswith(f"{route}, {caller}: "))

    def paste(self, token: str) -> None:
        self.element("token").clear()
        self.element("token").send_keys(token)
        self.browser.find_element(By.CSS_SELECTOR, "#paste [type=submit]").click()
        self.wait_for(lambda: "has its answers" in self.text("own-said"))


def says(element: WebElement) -> str:
    """All the text of an element, as a screen reader says it."""
    return str(element.get_attribute("textContent"))


@pytest.fixture(scope="module")
def page(browser: Chrome, stack: local.Stack) -> Iterator[Page]:
    answered: list[str] = []

    def noted(path: str, view: View) -> View:
        def answer(members: Mapping[str, Any]) -> Any:
            answered.append(path)
            return view(members)

        return answer

    views = Views(stack.folder, plan=PLAN.read_bytes).by_path()
    with Server(0, {path: noted(path, view) for path, view in views.items()}) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        browser.get(server.application.url)
        yield Page(browser, server, answered)
        server.shutdown()


@pytest.fixture
def opened(page: Page) -> Page:
    """The page with its answers, and nothing else open."""
    if page.browser.current_url != f"{page.origin}/" or not page.browser.find_elements(By.CSS_SELECTOR, "#routes b"):
        page.open()
    if page.element("why").is_displayed():
        page.element("back").click()
    page.element("forget").click()
    page.browser.execute_script("document.activeElement.blur(); scrollTo(0, 0)")
    return page


def test_the_token_leaves_the_address_at_once(page: Page) -> None:
    assert page.browser.current_url == f"{page.origin}/"
    assert page.browser.execute_script("return document.cookie") == ""
    (cookie,) = page.browser.get_cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")


def test_why_put_me_is_refused_is_found_by_the_keyboard_alone(opened: Page) -> None:
    opened.press_until(Keys.TAB, lambda each: says(each).startswith("PUT /me, yesterday: 401"))
    outline = opened.browser.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    opened.press(Keys.ENTER)
    opened.wait_for(lambda: opened.focused.text == "PUT /me · yesterday")
    assert opened.text("why-said").startswith("Refused. The time in exp, with the leeway, has passed")
    (failing,) = opened.browser.find_elements(By.CSS_SELECTOR, "#steps details[open]")
    assert failing.find_element(By.TAG_NAME, "summary").text.split("\n") == ["Claims", "fails"]
    assert "has passed" in failing.text
    assert "expired 1 d 0 h ago" in opened.text("why-token")

    opened.press_until(Keys.TAB, lambda each: says(each) == "Send it")
    opened.press(Keys.ENTER)
    opened.wait_for(lambda: '"reason": "token_expired"' in opened.text("answer"))
    assert "401 Unauthorized" in opened.text("answer")
    assert "stopped here: unauthorized: token_expired" in says(opened.element("parts"))

    back = opened.press(Keys.ESCAPE)
    assert says(back).startswith("PUT /me, yesterday: 401")
    assert not opened.element("why").is_displayed()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_whatever_is_open(opened: Page, theme: str) -> None:
    chromium.use_theme(opened.browser, theme)
    try:
        assert chromium.mistakes_of_accessibility(opened.browser) == []
        opened.element("add-claim").click()
        opened.browser.find_element(By.CSS_SELECTOR, "#compose [type=submit]").click()
        opened.wait_for(lambda: "has its answers" in opened.text("own-said"))
        opened.cell("PUT /me", "yesterday").click()
        opened.wait_for(lambda: opened.element("why").is_displayed())
        opened.element("send").click()
        opened.wait_for(lambda: opened.text("answer"))
        for details in opened.browser.find_elements(By.CSS_SELECTOR, "details:not([open]) > summary"):
            details.click()
        assert opened.browser.find_elements(By.CSS_SELECTOR, "#change-routes td")
        assert chromium.mistakes_of_accessibility(opened.browser) == []
        background = opened.element("why").value_of_css_property("background-color")
        assert (background == "rgba(255, 255, 255, 1)") == (theme == "light")
    finally:
        chromium.use_theme(opened.browser, "light")


def test_a_claim_that_is_html_is_shown_as_it_is_written(opened: Page, record: StackInfo) -> None:
    hostile = '<img src=x onerror="window.pwned = 1"><script>window.pwned = 1</script>'
    opened.paste(local.mint(record, {"sub": hostile, hostile: hostile, "aud": [hostile, "api"]}))
    shown = opened.text("own-token")
    assert shown.count(json.dumps(hostile)) == 3
    assert json.dumps(hostile)[1:-1] in shown
    opened.cell("PUT /me", "my own").click()
    opened.wait_for(lambda: opened.text("why-title") == "PUT /me · my own")
    opened.element("send").click()
    opened.wait_for(lambda: opened.text("answer"))
    assert json.dumps(hostile) in opened.text("why-token")
    assert opened.browser.execute_script("return [window.pwned, document.images.length]") == [None, 0]


def test_a_composed_token_fills_its_column_and_its_end_is_counted_down_in_local_time(opened: Page) -> None:
    opened.browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    try:
        opened.browser.find_element(By.CSS_SELECTOR, "#compose [name=scope]").send_keys("a b")
        opened.browser.find_element(By.CSS_SELECTOR, "#compose option[value='5m']").click()
        opened.browser.find_element(By.CSS_SELECTOR, "#compose [type=submit]").click()
        opened.wait_for(lambda: "has its answers" in opened.text("own-said"))
        assert [says(opened.cell(route, "my own")).rpartition(": ")[2] for route in ("GET /hello", "$connect")] == [
            "200 allowed",
            "101 allowed",
        ]
        assert '"a b"' in opened.text("own-token")
        assert "GMT+9" in opened.text("own-token")
        counted = opened.browser.find_element(By.CSS_SELECTOR, "#own-token .early")
        first = counted.text
        assert first.startswith(("expires in 5 min 0 s", "expires in 4 min "))
        opened.wait_for(lambda: counted.text != first)
    finally:
        opened.browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})


def test_the_curl_line_is_copied(opened: Page) -> None:
    opened.browser.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    opened.cell("GET /me", "alice").click()
    opened.wait_for(lambda: opened.text("curl"))
    opened.element("copy").click()
    opened.wait_for(lambda: opened.text("copied"))
    read = "navigator.clipboard.readText().then(arguments[0], (error) => arguments[0](String(error)))"
    assert opened.browser.execute_async_script(read) == opened.text("curl")


def test_a_mistake_is_said_and_is_gone_with_the_next_good_action(opened: Page) -> None:
    opened.browser.find_element(By.CSS_SELECTOR, "#paste [type=submit]").click()
    opened.wait_for(lambda: opened.text("problem") == "there is no token yet: paste one, or compose one")
    opened.cell("GET /me", "alice").click()
    opened.wait_for(lambda: not opened.element("problem").is_displayed())


def test_the_browser_has_nothing_to_complain_of(opened: Page) -> None:
    chromium.complaints(opened.browser)
    opened.open()
    assert chromium.complaints(opened.browser) == []
    assert opened.browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")


def test_a_narrow_window_needs_no_sideways_scrolling_of_the_page(opened: Page) -> None:
    metrics = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    opened.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        opened.cell("GET /me", "alice").click()
        opened.wait_for(lambda: opened.element("why").is_displayed())
        assert opened.browser.execute_script("return document.documentElement.scrollWidth") <= 360
    finally:
        metrics = {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        opened.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def test_another_name_for_this_machine_opens_nothing(page: Page) -> None:
    page.browser.get(f"http://localhost:{page.server.server_port}/")
    assert "This page has another address." in page.browser.find_element(By.TAG_NAME, "h1").text
    page.browser.get(page.server.application.url.replace("127.0.0.1", "localhost"))
    assert page.browser.get_cookies() == []


@contextmanager
def another_site() -> Iterator[str]:
    """An empty page of another origin on this machine, to which browsers send this machine's cookies too."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>another site</title>")

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_another_site_sends_nothing_and_reads_nothing(opened: Page) -> None:
    body = json.dumps({"route": "PUT /me", "caller": "alice"})
    with another_site() as site:
        opened.browser.get(site)
        opened.answered.clear()
        for mode, kind in (("no-cors", "text/plain"), ("cors", "application/json"), ("no-cors", "application/json")):
            given = {"method": "POST", "mode": mode, "credentials": "include", "body": body}
            given["headers"] = {"Content-Type": kind}  # type: ignore[assignment]
            answer = opened.browser.execute_async_script(
                "fetch(arguments[0], arguments[1]).then((a) => arguments[2](a.status), () => arguments[2]('failed'))",
                f"{opened.origin}/api/send",
                given,
            )
            assert answer in (0, "failed")
        # An element of another site sends no Origin, but the browser says whence it comes.
        opened.browser.execute_async_script(
            "const image = new Image(); image.onerror = () => arguments[1](); image.src = arguments[0]",
            f"{opened.origin}/api/stack",
        )
    assert opened.answered == []


def test_a_second_use_of_the_url_says_what_to_do(page: Page) -> None:
    page.browser.get(page.origin)
    page.browser.delete_all_cookies()
    page.browser.get(page.server.application.url)
    assert "has been used" in page.browser.find_element(By.TAG_NAME, "h1").text
    assert "make up" in page.browser.find_element(By.TAG_NAME, "main").text
    assert page.browser.get_cookies() == []
    assert chromium.mistakes_of_accessibility(page.browser) == []
