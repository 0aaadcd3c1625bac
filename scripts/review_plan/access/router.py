"""Which route answers a call: what API Gateway chooses when several fit.

A literal segment beats a parameter, which beats a greedy one, and a named verb beats ANY; a resource that lacks the
verb is passed over. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

from __future__ import annotations

from collections.abc import Iterable

from scripts.review_plan.access.routes import Route

VERBS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class Router:
    """Finds the route of an API that answers a call."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._exact: dict[str, list[Route]] = {}
        self._greedy: list[Route] = []
        self._default: Route | None = None
        for route in routes:
            if route.protocol in ("WEBSOCKET", "URL") or route.path is None:
                continue
            if route.path == "$default":
                self._default = route
            elif route.path.endswith("+}"):
                self._greedy.append(route)
            else:
                self._exact.setdefault(_shape(route.path), []).append(route)
        self._greedy.sort(key=lambda route: len(_segments(route.path or "")), reverse=True)

    def answering(self, verb: str, path: str, but: Route | None = None) -> Route | None:
        """The route that answers a verb on a path, which may itself hold parameters; ``but`` is left out."""
        segments = _segments(path)
        greedy_itself = bool(segments) and segments[-1].endswith("+}")
        for shape in [] if greedy_itself else _shapes(segments):
            if found := _of_verb(self._exact.get(shape, ()), verb, but):
                return found
        fitting = [route for route in self._greedy if _covers(_segments(route.path or ""), segments)]
        for route in fitting:
            same = [other for other in fitting if _shape(other.path or "") == _shape(route.path or "")]
            if found := _of_verb(same, verb, but):
                return found
        return self._default if self._default is not but else None


def _of_verb(routes: Iterable[Route], verb: str, but: Route | None) -> Route | None:
    found = {route.verb: route for route in routes if route is not but}
    return found.get(verb) or found.get("ANY")


def _covers(pattern: list[str], segments: list[str]) -> bool:
    """Whether a greedy path fits: it needs one segment at least."""
    fixed = pattern[:-1]
    if len(segments) < len(pattern):
        return False
    return all(_fits(mine, theirs) for mine, theirs in zip(fixed, segments, strict=False))


def _fits(pattern: str, segment: str) -> bool:
    return _is_parameter(pattern) or pattern == segment


def _shapes(segments: list[str]) -> list[str]:
    """The shapes of paths that fit, the most literal first."""
    shapes = [""]
    for segment in segments[:12]:
        options = ["{}"] if _is_parameter(segment) else [segment, "{}"]
        shapes = [f"{shape}/{option}" for shape in shapes for option in options]
    return shapes if len(segments) <= 12 else ["/".join(["", *segments])]


def _shape(path: str) -> str:
    return "".join(f"/{'{}' if _is_parameter(segment) else segment}" for segment in _segments(path))


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}")
