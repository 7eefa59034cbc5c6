"""Fetches a page of the web that a visitor names, and nothing of the network that this server stands in.

Every name is resolved here, all its addresses must be public ones, and the connection goes to an address that was
looked at: a name that leads elsewhere a moment later leads nowhere. Each redirect is looked at like a first address.

Servers and name servers may be as slow as they like: a visitor's pages come one after the other, those of one network
leave a place for others, and each has its time.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from weakref import WeakValueDictionary

import httpx2

from qa.serving.uploads.conversations import UploadError
from qa.serving.uploads.uploads import is_readable

LARGEST = 16 * 1024**2  # bytes of a page
SECONDS = 30.0  # from being named to being here, with waiting for a turn and redirects
AT_ONCE = 8  # pages that are fetched at a time
OF_ADDRESS = 2  # of these, those of one client's address
REDIRECTS = 4
REFUSED = "pages of that address are not fetched"
FAILED = "the page could not be fetched"
SLOW = "the page did not come in time: try again later"
KIND = "what stands there is of a format that cannot be read"
HEADERS = {"user-agent": "Refdesk", "accept-encoding": "identity"}  # what is packed may be small and yet have no end
_PORTS = {"http": 80, "https": 443}
_SUFFIXES = {"text/html": ".html", "application/xhtml+xml": ".html", "text/plain": ".txt", "text/markdown": ".md",
             "application/pdf": ".pdf", "text/csv": ".csv"}  # fmt: skip
_PUBLIC_6 = ipaddress.ip_network("2000::/3")

Resolve = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class WebPage:
    """What was fetched, and a name for it as a file."""

    name: str
    data: bytes


class Names:
    """Looks up names in threads of its own: a name server that does not answer holds up nothing else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, "names")

    async def __call__(self, host: str, port: int) -> list[str]:
        """The addresses that a name leads to."""
        look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        return [str(place[0]) for *_, place in found]


class Web:
    """Fetches pages; ``resolve`` and ``transport`` are the network."""

    def __init__(self, resolve: Resolve | None = None, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._resolve = resolve or Names()
        self._transport = transport
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._turns = WeakValueDictionary[Hashable, asyncio.Semaphore]()  # of those who fetch or wait

    async def fetch(
        self, url: str, owner: str, address: str, *, most: int = LARGEST, seconds: float = SECONDS
    ) -> WebPage:
        """The page at ``url``, of up to ``most`` bytes and within so many ``seconds``.

        It is fetched in the turn of the conversation's ``owner``, whose client has that ``address``.

        Raises:
            UploadError: it is not fetched, or not of a format that can be read.
        """
        own, network = self._turn((owner, address), 1), self._turn(address, OF_ADDRESS)
        try:
            async with asyncio.timeout(seconds), own, network, self._at_once:
                return await self._fetched(httpx2.URL(url), most)
        except TimeoutError as error:  # is an OSError, too
            raise UploadError(SLOW, 422) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            raise UploadError(FAILED, 422) from error

    def _turn(self, who: Hashable, at_once: int) -> asyncio.Semaphore:
        return self._turns.setdefault(who, asyncio.Semaphore(at_once))

    async def _fetched(self, url: httpx2.URL, most: int) -> WebPage:
        """The page, wherever it is said to be."""
        transport = self._transport or httpx2.AsyncHTTPTransport()
        async with httpx2.AsyncClient(transport=transport, headers=HEADERS, trust_env=False) as client:
            for _ in range(REDIRECTS + 1):
                found = await self._page(client, url, most)
                if isinstance(found, WebPage):
                    return found
                url = found
        raise UploadError(FAILED, 422)

    async def _page(self, client: httpx2.AsyncClient, url: httpx2.URL, most: int) -> WebPage | httpx2.URL:
        """The page, or where it is said to be."""
        request = client.build_request("GET", await self._pinned(url))
        request.headers["host"] = url.netloc.decode()
        request.extensions["sni_hostname"] = url.host
        response = await client.send(request, stream=True)
        try:
            if response.has_redirect_location:
                return url.join(response.headers["location"])
            if response.status_code != httpx2.codes.OK:
                raise UploadError(FAILED, 422)
            name = _name(url, response.headers.get("content-type", ""))
            data = bytearray()
            async for part in response.aiter_bytes():
                data += part
                if len(data) > most:
                    raise UploadError(f"larger than {most // 1024**2} MB, the limit for files in the chat", 413)
            return WebPage(name, bytes(data))
        finally:
            await response.aclose()

    async def _pinned(self, url: httpx2.URL) -> httpx2.URL:
        """``url`` with the address that its name leads to; raises UploadError where that is none of the public web."""
        is_web = url.scheme in _PORTS and url.port in (None, _PORTS[url.scheme]) and not url.userinfo and url.host
        if not is_web:
            raise UploadError(REFUSED, 403)
        found = await self._resolve(url.host, _PORTS[url.scheme])
        if not found or not all(map(is_public, found)):
            raise UploadError(REFUSED, 403)
        return url.copy_with(host=found[0])


def is_public(address: str) -> bool:
    """Whether it is an address of the internet, and of nothing nearer; none that carries another one in itself."""
    try:
        own = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(own, ipaddress.IPv6Address) and (own not in _PUBLIC_6 or own.sixtofour or own.teredo):
        return False
    return own.is_global and not own.is_multicast and not own.is_reserved


def _name(url: httpx2.URL, content_type: str) -> str:
    """A file's name for what stands at ``url``; raises UploadError where its format cannot be read."""
    last = PurePosixPath(url.path)
    suffix = _SUFFIXES.get(content_type.partition(";")[0].strip().lower(), last.suffix)
    name = re.sub(r"[^\w.-]+", "-", f"{url.host}-{last.stem}").strip("-") + suffix
    if not is_readable(name):
        raise UploadError(KIND, 415)
    return name
