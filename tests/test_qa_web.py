"""Pages of the web that visitors name: fetched from public addresses alone, whatever names and redirects say."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from fakes import in_a_loop
from starlette.requests import Request
from starlette.types import Message

from qa.serving.access.asker import ASKER, Asker
from qa.serving.chat.upload_routes import UploadRoutes
from qa.serving.uploads.conversations import UploadError
from qa.serving.uploads.web import FAILED, KIND, REFUSED, SLOW, Names, Web, WebPage, is_public

NAMES = {
    "a.example": ["93.184.216.34"],
    "inside.example": ["10.0.0.7"],
    "both.example": ["93.184.216.34", "127.0.0.1"],
    "93.184.216.34": ["93.184.216.34"],
    "127.0.0.1": ["127.0.0.1"],
}


def answered(request: httpx2.Request) -> httpx2.Response:
    """A server that answers for the host it is asked for, at the address it is reached by."""
    assert request.url.host == "93.184.216.34"
    assert request.extensions["sni_hostname"] == "a.example"
    match request.url.path:
        case "/page":
            kind = {"content-type": "text/html; charset=utf-8"}
            return httpx2.Response(200, headers=kind, text=f"<p>I am {request.headers['host']}.")
        case "/notes.md":
            return httpx2.Response(200, headers={"content-type": "application/octet-stream"}, text="# Notes")
        case "/moved":
            return httpx2.Response(302, headers={"location": "/page"})
        case "/in":
            return httpx2.Response(302, headers={"location": "http://inside.example/"})
        case "/nowhere":
            return httpx2.Response(302)
        case "/round":
            return httpx2.Response(302, headers={"location": "/round"})
        case "/film":
            return httpx2.Response(200, headers={"content-type": "video/mp4"}, text="?")
    return httpx2.Response(404)


def fetch(address: str, most: int = 1000) -> WebPage:
    async def resolve(host: str, port: int) -> list[str]:  # noqa: ARG001 - the names are of every port
        if host not in NAMES:
            raise socket.gaierror("no such name")
        return NAMES[host]

    async def run() -> WebPage:
        return await Web(resolve, httpx2.MockTransport(answered)).fetch(address, "ann", "192.0.2.1", most=most)

    return in_a_loop(run)


def test_a_page_is_fetched_from_the_address_that_was_looked_at() -> None:
    page = WebPage("a.example-page.html", b"<p>I am a.example.")
    assert fetch("https://a.example/page") == fetch("http://a.example/moved") == page
    assert fetch("https://a.example/notes.md").name == "a.example-notes.md"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://inside.example/", REFUSED),
        ("http://both.example/page", REFUSED),
        ("http://127.0.0.1/", REFUSED),
        ("http://a.example:8080/page", REFUSED),
        ("http://me:secret@a.example/page", REFUSED),
        ("file:///etc/passwd", REFUSED),
        ("no address", REFUSED),
        ("https://a.example/in", REFUSED),
        ("https://a.example/round", FAILED),
        ("https://a.example/nowhere", FAILED),
        ("https://a.example/none", FAILED),
        ("https://a.example/film", KIND),
        ("http://[", FAILED),
        ("http://nowhere.example/", FAILED),
    ],
)
def test_nothing_else_is_fetched(address: str, reason: str) -> None:
    with pytest.raises(UploadError) as refused:
        fetch(address)
    assert str(refused.value) == reason


def test_a_page_that_is_too_large_is_given_up() -> None:
    with pytest.raises(UploadError, match="larger than"):
        fetch("https://a.example/page", most=10)


class SlowPages(httpx2.AsyncBaseTransport):
    """Pages that come when they are let, each asked for by the address of its visitor."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.let = asyncio.Event()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request.url.path)
        await self.let.wait()
        return httpx2.Response(200, headers={"content-type": "text/plain"}, text="Here.")


async def public(host: str, port: int) -> list[str]:  # noqa: ARG001
    return ["93.184.216.34"]


async def settled() -> None:
    """What can happen at once has happened."""
    for _ in range(100):
        await asyncio.sleep(0)


def test_slow_pages_of_one_visitor_or_network_hold_up_no_other() -> None:
    async def run() -> None:
        pages = SlowPages()
        web = Web(public, pages)

        def fetch(owner: str, address: str) -> asyncio.Task[WebPage]:
            return asyncio.create_task(web.fetch(f"https://{address}/{owner}", owner, address))

        waiting = [fetch("ann", "one.example") for _ in range(9)]
        await settled()
        assert pages.asked == ["/ann"]
        waiting += [fetch(owner, "one.example") for owner in ("bob", "cid", "dan", "eva", "fay", "gil")]
        await settled()
        assert pages.asked == ["/ann", "/bob"]
        waiting += [fetch("hal", "two.example")]
        await settled()
        assert pages.asked == ["/ann", "/bob", "/hal"]
        pages.let.set()
        assert {page.data for page in await asyncio.gather(*waiting)} == {b"Here."}
        assert len(pages.asked) == 16

    in_a_loop(run)


def test_the_time_of_a_page_begins_before_its_turn() -> None:
    async def run() -> None:
        pages = SlowPages()
        web = Web(public, pages)
        first = asyncio.create_task(web.fetch("https://a.example/first", "ann", "one"))
        await settled()
        second = asyncio.create_task(web.fetch("https://a.example/second", "ann", "one", seconds=0))
        await settled()
        pages.let.set()
        with pytest.raises(UploadError, match=f"^{SLOW}$"):
            await second
        assert (await first).data == b"Here."
        assert pages.asked == ["/first"]

    in_a_loop(run)


def test_nothing_is_fetched_for_who_has_left() -> None:
    async def run() -> None:
        pages, left = SlowPages(), asyncio.Event()
        web = Web(public, pages)

        async def receive() -> Message:
            if not pages.asked:
                return {"type": "http.request", "body": b"https://a.example/first"}
            await left.wait()
            return {"type": "http.disconnect"}

        scope = {"type": "http", "method": "POST", "path": "/", "headers": [], ASKER: Asker("one", "ann")}
        request = Request(scope, receive)
        routes = {route.path: route.endpoint for route in UploadRoutes(None, web).routes()}  # type: ignore[arg-type]
        answering = asyncio.create_task(routes["/uploads/web"](request))
        await settled()
        assert pages.asked == ["/first"]
        left.set()
        assert (await answering).status_code == 422
        again = asyncio.create_task(web.fetch("https://a.example/second", "ann", "one"))
        await settled()
        assert pages.asked == ["/first", "/second"]
        pages.let.set()
        assert (await again).data == b"Here."

    in_a_loop(run)


def test_names_are_looked_up_where_they_hold_up_nothing_else() -> None:
    async def run() -> list[str]:
        closed = ThreadPoolExecutor(1)
        closed.shutdown()
        asyncio.get_running_loop().set_default_executor(closed)  # whose threads are all that others have
        return await Names()("127.0.0.1", 80)

    assert in_a_loop(run) == ["127.0.0.1"]


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "127.0.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1", "::1", "fe80::1", "fd00::1",
     "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1", "2001:0:1::1", "elsewhere", ""],
)  # fmt: skip
def test_addresses_of_no_public_network(address: str) -> None:
    assert not is_public(address)


def test_public_addresses() -> None:
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1:248:1893:25c8:1946")
