"""The figures of a run, put into the documentation: the tables of `performance.md`, its pictures, and the figures."""

import json
import re
from pathlib import Path

from tests.benchmarks import drawing, report
from tests.benchmarks.targets import Figures
from tests.benchmarks.workshop import ROOT

PAGE = ROOT / "docs/performance.md"
FOLDER = ROOT / "docs/performance"
FIGURES = FOLDER / "figures.json"


def write(figures: Figures) -> None:
    """Put a run's figures into the documentation."""
    FOLDER.mkdir(exist_ok=True)
    for path, text in files(figures).items():
        path.write_text(text)


def files(figures: Figures) -> dict[Path, str]:
    """The documentation's files as they are with these figures."""
    return {
        FIGURES: json.dumps(figures, indent=2) + "\n",
        FOLDER / "cold-start.svg": drawing.cold_start(figures),
        FOLDER / "cost.svg": drawing.cost_per_million(figures),
        PAGE: filled(PAGE.read_text(), figures),
    }


def filled(page: str, figures: Figures) -> str:
    """A page whose tables, between `<!-- table: NAME -->` and `<!-- end -->`, are those of these figures."""

    def table(match: re.Match[str]) -> str:
        name = match[1]
        rows = machine(figures) if name == "machine" else report.markdown(report.TABLES[name](figures))
        return f"<!-- table: {name} -->\n{rows}\n<!-- end -->"

    return re.sub(r"<!-- table: (\w+) -->\n.*?<!-- end -->", table, page, flags=re.DOTALL)


def machine(figures: Figures) -> str:
    """Where and how a run was made, in a sentence."""
    where = figures["machine"]
    runs = figures["cold"]["empty"]["runs"]
    node = f" and Node.js {where['node']}" if where["node"] else ""
    processors = f"{where['processors']} processors ({where['architecture']})"
    return f"Medians of {runs} runs on {processors} with Python {where['python']}{node}."
