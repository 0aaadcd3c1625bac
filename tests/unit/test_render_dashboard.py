"""The picture of the dashboard: every widget in its place, and nothing in it but text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from scripts import render_dashboard

HOSTILE = "</text><script>alert(1)</script> & more"


def graph(title: str = "Calls", x: int = 0, **properties: Any) -> dict[str, Any]:
    metrics = [["Own", "decisions", "function", "f", {"label": "calls"}], ["Own", "latency", "function", "f"]]
    place = {"x": x, "y": 0, "width": 8, "height": 6}
    return {"type": "metric", **place, "properties": {"title": title, "metrics": metrics, **properties}}


def texts(picture: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314


def test_every_widget_is_drawn_with_its_title_and_its_legend() -> None:
    picture = render_dashboard.draw({"widgets": [graph("Calls"), graph("Latency", x=8, stacked=True)]})
    assert [text for text in texts(picture) if text in ("Calls", "Latency")] == ["Calls", "Latency"]
    assert texts(picture).count("calls") == texts(picture).count("latency") == 2
    assert 'width="800" height="228"' in picture


def test_the_same_dashboard_gives_the_same_picture() -> None:
    assert render_dashboard.draw({"widgets": [graph()]}) == render_dashboard.draw({"widgets": [graph()]})


def test_a_search_stands_for_what_it_may_find() -> None:
    search = graph(metrics=[[{"expression": "SEARCH('x', 'Sum', 60)", "id": "a", "label": "${PROP('Dim.reason')}"}]])
    assert "token_expired" in texts(render_dashboard.draw({"widgets": [search]}))


def test_metrics_that_only_serve_an_expression_are_not_drawn() -> None:
    shown = render_dashboard.curves({"metrics": [["Own", "a", {"visible": False}], ["Own", "b", {"yAxis": "right"}]]})
    assert [(curve.label, curve.right) for curve in shown] == [("b", True)]


def test_text_and_alarms_are_shown_as_text() -> None:
    place = {"x": 0, "y": 0, "width": 24, "height": 3}
    widgets = [
        {"type": "text", **place, "properties": {"markdown": f"# {HOSTILE}\nWhat to do."}},
        {"type": "alarm", **place, "properties": {"title": "Alarms", "alarms": ["arn:aws:cloudwatch:r:1:alarm:late"]}},
        {"type": "log", **place, "properties": {"title": HOSTILE}},
    ]
    picture = render_dashboard.draw({"widgets": widgets})
    assert "<script" not in picture
    assert texts(picture) == [HOSTILE, "What to do.", "Alarms", "late", HOSTILE]


@pytest.mark.parametrize("wrap", [lambda body: body, lambda body: {"DashboardBody": json.dumps(body)}, json.dumps])
def test_a_dashboard_is_read_from_a_file_as_aws_and_terraform_write_it(tmp_path: Path, wrap: Any) -> None:
    file, picture = tmp_path / "dashboard.json", tmp_path / "images/dashboard.svg"
    file.write_text(json.dumps(wrap({"widgets": [graph()]})))
    arguments = ["--dashboard", str(file), "--output", str(picture)]
    assert render_dashboard.main([*arguments, "--check"]) == 1
    assert render_dashboard.main(arguments) == 0
    assert render_dashboard.main([*arguments, "--check"]) == 0


@pytest.mark.parametrize("content", [None, "[]", "{}", '{"widgets": []}', "no JSON", '"no JSON"'])
def test_what_is_no_dashboard_is_not_drawn(
    tmp_path: Path, content: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "dashboard.json"
    if content is not None:
        file.write_text(content)
    assert render_dashboard.main(["--dashboard", str(file), "--output", str(tmp_path / "x.svg")]) == 2
    assert capsys.readouterr().err.startswith("dashboard: ")
