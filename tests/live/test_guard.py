# SPDX-License-Identifier: Apache-2.0
"""The page is for who has the link, on this computer: asked by plain HTTP, as an attacker would."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from live.conftest import Server

from toolkit.live import guard

pytestmark = pytest.mark.xdist_group("live")


def own(server: Server) -> dict[str, str]:
    return {"Origin": f"http://127.0.0.1:{server.port}"}


def test_the_page_comes_with_headers_that_keep_others_out(server: Server) -> None:
    status, headers, content = server.ask("GET", server.path)
    assert status == 200 and b"tinyml live" in content
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert (headers["referrer-policy"], headers["x-content-type-options"]) == ("no-referrer", "nosniff")
    assert "access-control-allow-origin" not in headers and "server" not in headers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost:9000", 200),
        ("[::1]:80", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost@evil.example", 403),
        ("x@localhost", 403),
        ("[::1", 403),
        ("[evil", 403),
        ("", 403),
    ],
)
def test_only_this_computer_s_own_names_are_answered(server: Server, host: str, status: int) -> None:
    """A name that was rebound to 127.0.0.1 still stands in Host."""
    assert server.ask("GET", server.path, headers={"Host": host})[0] == status


@pytest.mark.parametrize("path", ["/", "/page/app.js", "/wrong-token/", "/wrong-token/api/state", "/%2e%2e/"])
def test_without_the_token_nothing_is_there(server: Server, path: str) -> None:
    status, _, content = server.ask("GET", path)
    assert status == 403 and b"token" in content and server.path.encode().strip(b"/") not in content


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Origin": "own", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_page_s_posts_are_refused(server: Server, headers: dict[str, str]) -> None:
    sent = {k: own(server)["Origin"] if v == "own" else v for k, v in headers.items()}
    assert server.ask("POST", server.path + "api/tests/0", b"", sent)[0] == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_another_page_does_not_read_what_is_there_but_its_link_can_be_followed(
    server: Server, headers: dict[str, str], status: int
) -> None:
    assert server.ask("GET", server.path + "api/state", headers=headers)[0] == status


def test_the_page_opens_sockets_to_this_server_alone(server: Server) -> None:
    host = f"127.0.0.1:{server.port}"
    policy = server.ask("GET", server.path, headers={"Host": host})[1]["content-security-policy"]
    assert f"connect-src 'self' ws://{host};" in policy
    assert "ws:" not in server.ask("GET", "/", headers={"Host": "a;b"})[1]["content-security-policy"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"api/samples/{'9' * 5000}"),
        ("GET", "api/samples/-1/int8"),
        ("POST", f"api/tests/{'9' * 5000}"),
        ("POST", f"api/search/{'1' * 4400}"),
        ("POST", "api/tests/a"),
    ],
)
def test_a_number_of_nothing_is_answered_in_words(server: Server, method: str, path: str) -> None:
    status, said = server.call(method, path)
    assert (status, said["error"]) == (400, "the address has no number of anything that there is.")


@pytest.mark.parametrize("origin", ["http://evil.example", None])
def test_another_page_s_socket_is_refused(server: Server, origin: str | None) -> None:
    lines = [
        f"GET {server.path}events HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *([f"Origin: {origin}"] if origin else []),
    ]
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize(
    "path",
    [
        "page/../server.py",
        "page/..%2fserver.py",
        "page/%2e%2e%2f%2e%2e%2fui.py",
        "page/%2fetc%2fpasswd",
        "../../../etc/passwd",
        "page/",
    ],
)
def test_no_path_leads_out_of_the_page_s_own_files(server: Server, path: str) -> None:
    status, _, content = server.ask("GET", server.path + path)
    assert status in (403, 404), content[:100]
    assert b"SPDX" not in content and b"root:" not in content


def test_an_upload_s_name_is_never_a_place(server: Server, tmp_path: Path) -> None:
    status, said = server.call("POST", "api/samples?name=../../../etc/passwd", b"x")
    assert (status, said["exit_code"]) == (400, 2)
    status, said = server.call("POST", f"api/samples?name={tmp_path}/a.png", b"no picture")
    assert status == 400 and f"{tmp_path}/a.png: is no picture" in said["error"]
    assert list(tmp_path.iterdir()) == []


def test_what_is_too_large_is_refused_by_its_header_and_while_it_comes(server: Server) -> None:
    address = server.path + "api/samples?name=a.png"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        head = [
            f"POST {address} HTTP/1.1",
            f"Host: 127.0.0.1:{server.port}",
            f"Origin: http://127.0.0.1:{server.port}",
            f"Content-Length: {guard.MOST_BYTES + 1}",
        ]
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        answer = connection.recv(1000)
    assert answer.startswith(b"HTTP/1.1 413")
    with pytest.raises(guard.TooLargeError, match=r"at most 33,554,432 bytes"):
        guard.require_size(guard.MOST_BYTES + 1)


def test_a_file_that_is_no_sample_is_answered_in_the_words_of_predict(server: Server) -> None:
    status, said = server.call("POST", "api/samples?name=notes.txt", b"hello")
    assert status == 400
    assert said["error"].startswith("notes.txt: is not one of .jpg")
    status, said = server.call("GET", "api/samples/999999")
    assert (status, said["error"]) == (400, "this sample is no longer kept.")
