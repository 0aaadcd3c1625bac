"""Chromium of the system's packages, driven by its own driver; nothing is downloaded."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from tests import npm

REQUIRED: Final = "REQUIRE_CHROMIUM"
"""The variable by which CI and ``make test-page`` fail where there is no browser, instead of leaving tests out."""

_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SWITCHES: Final = (
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
    "--lang=en-US",
)


def missing() -> str | None:
    """What is missing to drive a browser, and what to install; None where nothing is."""
    browser = any(map(shutil.which, _BROWSERS))
    absent = [
        name for name, there in (("chromium", browser), ("chromedriver", shutil.which("chromedriver"))) if not there
    ]
    if not absent:
        return None
    return f"no {' and no '.join(absent)} on the PATH: `apt-get install chromium chromium-driver` on Debian"


@contextmanager
def running(width: int = 1280, height: int = 900) -> Iterator[Chrome]:
    """A browser with a profile of its own."""
    options = Options()
    options.binary_location = str(next(filter(None, map(shutil.which, _BROWSERS))))
    for switch in (*_SWITCHES, f"--window-size={width},{height}"):
        options.add_argument(switch)
    if os.geteuid() == 0:
        # Its sandbox refuses to be started by root, which CI's containers are.
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options, Service(shutil.which("chromedriver")))
    try:
        driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )
        yield driver
    finally:
        driver.quit()


def use_theme(driver: Chrome, theme: str) -> None:
    """Have the system prefer ``light`` or ``dark``, and no motion."""
    features = {"prefers-color-scheme": theme, "prefers-reduced-motion": "reduce"}
    given = [{"name": name, "value": value} for name, value in features.items()]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": given})


def picture(driver: Chrome, width: int, height: int) -> bytes:
    """The upper left of the page, as PNG."""
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    given = {"format": "png", "clip": clip, "captureBeyondViewport": True, "optimizeForSpeed": False}
    return base64.b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", given)["data"])


def complaints(driver: Chrome) -> list[str]:
    """What the browser's console has had to say since the last call."""
    return [each["message"] for each in driver.execute("getLog", {"type": "browser"})["value"]]


def mistakes_of_accessibility(driver: Chrome) -> list[dict[str, Any]]:
    """What axe-core finds in the page that is shown: the rule, and the elements that break it.

    https://github.com/dequelabs/axe-core/blob/develop/doc/API.md
    """
    script = npm.installed(Path(__file__).parent) / "node_modules" / "axe-core" / "axe.min.js"
    # The driver's scripts are not the page's, so that its policy lets them run.
    driver.execute_script(script.read_text())
    found = driver.execute_async_script("axe.run().then(arguments[0], (error) => arguments[0]({error: String(error)}))")
    assert "error" not in found, found
    assert found["passes"]
    return [
        {"rule": each["id"], "says": each["help"], "at": [node["target"] for node in each["nodes"]]}
        for each in (*found["violations"], *(each for each in found["incomplete"] if each["id"] != "color-contrast"))
    ]
