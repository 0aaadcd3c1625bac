"""Puts a review into its documentation, as text and as a picture: ``python -m scripts.review_page <review.md>``.

The picture is the comment as a browser shows it: cmark-gfm, GitHub's own reader of Markdown, and Chromium make it
(Debian's packages cmark-gfm and chromium).
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "plan-review.md"
PICTURE = ROOT / "docs" / "plan-review.png"
BEGIN, END = "<!-- example: begin -->\n", "<!-- example: end -->\n"
WIDTH = 1240

STYLE = """
body { font: 14px/1.5 "Liberation Sans", Arial, sans-serif; color: #1f2328; margin: 0; padding: 20px 24px 12px; }
h3 { font-size: 19px; margin: 0 0 10px; }
h4 { font-size: 15px; margin: 20px 0 8px; }
p { margin: 0 0 10px; }
ul { margin: 4px 0; padding-left: 22px; }
code { font: 12px/1.4 "DejaVu Sans Mono", monospace; background: #eff1f3; border-radius: 5px; padding: 2px 5px; }
code { overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #d1d9e0; padding: 5px 10px; text-align: left; vertical-align: top; }
th { background: #f6f8fa; }
td:first-child, td:nth-child(2) code { white-space: nowrap; }
table.findings td, table.findings td code { white-space: normal; }
table.findings td:first-child { width: 60%; }
blockquote { border-left: 4px solid #cf222e; padding: 4px 14px; margin: 0 0 14px; }
blockquote b { color: #d1242f; }
details { margin: 12px 0 0; }
summary { font-weight: 600; }
sub { color: #59636e; }
"""


class PageError(Exception):
    """The page cannot be made; the message says what is missing."""


def to_html(comment: str) -> str:
    """The comment as a page of its own."""
    program = _program("cmark-gfm")
    run = subprocess.run(
        [program, "-e", "table", "--unsafe"], input=comment, capture_output=True, text=True, check=True
    )
    body = run.stdout
    body = re.sub(r"(<blockquote>\s*<p>)\[!CAUTION\]", r"\1<b>Caution</b><br>", body)
    body = re.sub(r"<table>(?=\s*<thead>\s*<tr>\s*<th>What)", '<table class="findings">', body)
    return f'<!doctype html><meta charset="utf-8"><title>.</title><style>{STYLE}</style><body>{body}</body>'


def draw(page: str, picture: Path) -> None:
    """Draw a page, as high as it is."""
    chromium = _program("chromium", "chromium-browser", "google-chrome")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "page.html")
        options = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--user-data-dir={folder}/profile",
        ]

        def run(*arguments: str) -> str:
            command = [chromium, *options, *arguments, file.as_uri()]
            return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout

        file.write_text(page + "<script>document.title = document.body.scrollHeight</script>")
        height = re.search(r"<title>(\d+)</title>", run(f"--window-size={WIDTH},400", "--dump-dom"))
        if height is None:
            raise PageError("the browser did not say how high the page is")
        file.write_text(page)
        run(f"--window-size={WIDTH},{height.group(1)}", "--force-device-scale-factor=1", f"--screenshot={picture}")


def put(comment: str, page: str) -> str:
    """The documentation with the comment between its two marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise PageError(f"{PAGE} has lost the marks between which the example stands")
    return f"{before}{begin}\n{comment}\n{end}{after}"


def _program(*names: str) -> str:
    for name in names:
        if path := shutil.which(name):
            return path
    raise PageError(f"there is no {names[0]} on the PATH: install it, as by `apt-get install {names[0]}`")


def main() -> int:
    """Returns the exit code: 0, or 1 when something is missing."""
    parser = argparse.ArgumentParser(prog="review_page", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "review", type=Path, help="a review that `make review` wrote, such as build/local-next.review.md"
    )
    comment = parser.parse_args().review.read_text()
    try:
        draw(to_html(comment), PICTURE)
        PAGE.write_text(put(comment, PAGE.read_text()))
    except (PageError, OSError, subprocess.SubprocessError) as error:
        print(f"docs: {error}", file=sys.stderr)
        return 1
    print(f"Written: {PAGE.relative_to(ROOT)}, {PICTURE.relative_to(ROOT)} ({PICTURE.stat().st_size // 1024} KB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
