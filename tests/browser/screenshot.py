"""The picture of the page in the README: ``python -m tests.browser.screenshot``, which `make docs` runs.

The picture names the files that it was made of, so that it is made anew only when these have changed. It shows the
stack of `make up`, or else one that is started for it and stopped again.
"""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from scripts import ROOT
from scripts.lib import local_stack, processes
from scripts.lib.console import Steps, complain, say
from scripts.local_aws.page import application
from scripts.local_aws.page.server import Server
from scripts.local_aws.page.views import Views
from scripts.local_aws.stack import Stack
from tests.browser import chromium, png

PICTURE: Final = ROOT / "docs" / "page.png"
MOST_BYTES: Final = 150_000
WIDTH: Final = 1280
HEIGHT: Final = 1160


def source() -> str:
    """What the picture is made of: a hash of the page's files."""
    files = sorted((Path(application.__file__).parent / "files").iterdir())
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


@contextmanager
def _folder() -> Iterator[Path]:
    """The folder of a running stack."""
    if local_stack.read() is not None:
        yield local_stack.FOLDER
        return
    stack = Stack(local_stack.FOLDER / "docs", Steps())
    with processes.interruptible(), stack.up():
        yield stack.folder
    stack.down()


def _taken(folder: Path) -> bytes:
    """The page, with the answers and the reason why ``PUT /me`` is refused."""
    with Server(0, Views(folder).by_path()) as server, chromium.running(WIDTH, HEIGHT) as driver:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        wait = WebDriverWait(driver, 60)
        chromium.use_theme(driver, "light")
        driver.get(server.application.url)
        wait.until(lambda _: "callers.json" in driver.find_element(By.ID, "progress").text)
        cells = driver.find_elements(By.CSS_SELECTOR, "#routes button")
        next(each for each in cells if "PUT /me, yesterday" in str(each.get_attribute("textContent"))).click()
        wait.until(lambda _: driver.find_element(By.ID, "why").is_displayed())
        driver.execute_script("document.activeElement.blur(); scrollTo(0, 0)")
        taken = chromium.picture(driver, WIDTH, HEIGHT)
        server.shutdown()
    return taken


def main() -> int:
    """Make the picture where it is out of date and a browser is there; returns the exit code."""
    if PICTURE.exists() and png.note(PICTURE.read_bytes()) == source():
        return 0
    if (missing := chromium.missing()) is not None:
        complain(f"{PICTURE.relative_to(ROOT)} is out of date and stays so: {missing}")
        return 0
    with _folder() as folder:
        picture = png.small(_taken(folder), source())
    if len(picture) >= MOST_BYTES:
        complain(f"the picture has {len(picture)} bytes, and may have {MOST_BYTES}: make it smaller")
        return 1
    PICTURE.write_bytes(picture)
    say(f"{PICTURE.relative_to(ROOT)}: {len(picture)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
