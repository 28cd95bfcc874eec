# SPDX-License-Identifier: Apache-2.0
"""Addresses of the page's parts that need a project: what each calls. Without a project they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toolkit.live import pictures
from toolkit.live.answers import answer_body, answer_json, number_at, number_in
from toolkit.live.inside import look_inside
from toolkit.live.settings import (
    change_setting,
    check_settings,
    compare_runs,
    read_settings,
    write_settings,
)
from toolkit.live.site import Site
from toolkit.live.studies import choose_trial, show_study

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route


def routes_of_project(site: Site) -> list[Route]:
    """Return the addresses below the token."""
    return [*_of_data(site), *_of_settings(site), *_of_jobs(site)]


def _of_data(site: Site) -> list[Route]:
    from starlette.routing import Route

    def collect(request: Request, content: bytes) -> dict[str, Any]:
        label, name, stem = (_query(request, key) for key in ("label", "name", "stem"))
        return site.collection.add(label, name, content, stem)

    def look(request: Request) -> dict[str, Any]:
        return site.collection.show(_query(request, "label"), number_in(_query(request, "page")))

    def relabel(request: Request) -> dict[str, Any]:
        return site.collection.relabel(_query(request, "name"), _query(request, "label"))

    def delete(request: Request) -> dict[str, Any]:
        return site.collection.delete(_query(request, "name"))

    return [
        Route("/api/data", answer_json(look)),
        Route("/api/data", answer_body(collect), methods=["POST"]),
        Route("/api/data/near", answer_json(lambda r: site.collection.near(_query(r, "name")))),
        Route("/api/data/relabel", answer_json(relabel), methods=["POST"]),
        Route("/api/data/delete", answer_json(delete), methods=["POST"]),
    ]


def _of_settings(site: Site) -> list[Route]:
    from starlette.routing import Route

    def write(request: Request, content: bytes) -> dict[str, Any]:
        if _query(request, "check") == "1":
            return check_settings(site.own_root, content)
        return site.after_change(write_settings(site.own_root, content, _query(request, "digest")))

    def change(request: Request, content: bytes) -> dict[str, Any]:
        return change_setting(site.own_root, content, _query(request, "name"), _query(request, "value"))

    def compare(request: Request) -> dict[str, Any]:
        first, second = (number_in(_query(request, name)) for name in ("first", "second"))
        return compare_runs(site.own_root, first, second)

    def choose(request: Request) -> dict[str, Any]:
        return site.after_change(choose_trial(site.own_root, site.board, number_at(request)))

    return [
        Route("/api/settings", answer_json(lambda _: read_settings(site.own_root))),
        Route("/api/settings", answer_body(write), methods=["POST"]),
        Route("/api/settings/change", answer_body(change), methods=["POST"]),
        Route("/api/runs", answer_json(compare)),
        Route("/api/search", answer_json(lambda _: show_study(site.own_root, site.board))),
        Route("/api/search/{number}", answer_json(choose), methods=["POST"]),
    ]


def _of_jobs(site: Site) -> list[Route]:
    from starlette.routing import Route

    def start(request: Request) -> dict[str, Any]:
        return site.jobs.start(request.path_params["name"], number_in(_query(request, "trials")))

    def emulate(request: Request, content: bytes) -> dict[str, Any]:
        return site.jobs.run_fed(_names(request), content)

    def record(request: Request, content: bytes) -> dict[str, Any]:
        seconds = number_in(_query(request, "ms")) / 1000
        label, stem = _query(request, "label"), _query(request, "stem")
        return site.jobs.record(label, stem, seconds, _names(request), content)

    return [
        Route("/api/inside", answer_json(lambda _: look_inside(site.desk.trial()))),
        Route("/api/pictures", answer_json(lambda _: pictures.of_build(site.own_root / "build"))),
        Route("/api/job", answer_json(lambda _: site.jobs.state(), at_once=True)),
        Route("/api/job/stop", answer_json(lambda _: site.jobs.stop(), at_once=True), methods=["POST"]),
        Route("/api/job/{name}", answer_json(start, at_once=True), methods=["POST"]),
        Route("/api/emulate", answer_body(emulate), methods=["POST"]),
        Route("/api/record", answer_body(record), methods=["POST"]),
        Route("/report", answer_json(lambda _: _report(site))),
    ]


def _query(request: Request, name: str) -> str:
    return request.query_params.get(name, "")


def _names(request: Request) -> list[str]:
    return [name for name in _query(request, "sensors").split(",") if name]


def _report(site: Site) -> Response:
    """Return build/report.html, which has its style and pictures in itself and no script."""
    from starlette.responses import PlainTextResponse, Response

    path = site.own_root / "build" / "report.html"
    if not path.is_file():
        return PlainTextResponse("there is no report yet: tinyml report\n", 404)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
    return Response(path.read_bytes(), media_type="text/html", headers={"Content-Security-Policy": policy})
