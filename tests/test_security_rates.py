"""Attacks by many requests: more than one may send, under other names, through headers that claim another address."""

from __future__ import annotations

import httpx2 as httpx
import pytest
from access_desk import PASSWORD, KnownDesk, served
from api_server import api_over, app_of, listening
from fakes import Desk, filled
from starlette.testclient import TestClient

from qa.serving.access.access_control import AccessControl
from qa.serving.access.admission import Known
from qa.serving.access.attempts import REMEMBERED, Attempts, Rates
from qa.serving.access.rights import OF_USERS

WHERE = ("forwarded", "x-forwarded-for", "x-real-ip", "x-client-ip", "cf-connecting-ip", "true-client-ip")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return filled(tmp_path_factory.mktemp("rates"))


def browser_of(known: KnownDesk, rates: Rates, address: str = "192.0.2.7", **headers: str) -> TestClient:
    app = served(known.api, AccessControl(known.access_control.admission, rates=rates), known.extras)
    return TestClient(app, base_url="http://localhost", client=(address, 1), headers=headers)


def test_a_user_may_send_so_many_requests_a_minute_from_wherever() -> None:
    now = [0.0]
    rates = Rates(of_name=3, of_address=100, clock=lambda: now[0])
    assert [rates.wait(f"192.0.2.{number}", "user ann") for number in range(3)] == [0] * 3
    assert rates.wait("192.0.2.9", "user ann") == 60
    assert rates.wait("192.0.2.9", "user bob") == 0
    now[0] = 59.5
    assert rates.wait("192.0.2.9", "user ann") == 1
    now[0] = 60
    assert rates.wait("192.0.2.9", "user ann") == 0


def test_many_names_of_one_address_share_its_part_and_zero_is_no_limit() -> None:
    rates = Rates(of_name=3, of_address=5)
    assert [rates.wait("192.0.2.1", f"user {number}") > 0 for number in range(7)] == [False] * 5 + [True] * 2
    assert rates.wait("192.0.2.2", "user 1") == 0
    free = Rates(of_name=0, of_address=0)
    assert not any(free.wait("192.0.2.1", "user ann") for _ in range(1000))


def test_a_flood_of_addresses_takes_little_memory() -> None:
    attempts = Attempts(5)
    for number in range(REMEMBERED + 100):
        attempts.begin(str(number))
    assert len(attempts._counted) == REMEMBERED


def test_requests_beyond_the_rate_are_told_when_to_come_back(desk: Desk) -> None:
    known = KnownDesk(desk)
    secret = known.tokens.new("ci", ["ask"], 1)
    client = browser_of(known, Rates(3, 100), authorization=f"Bearer {secret}")
    assert [client.get("/v1/models").status_code for _ in range(3)] == [200] * 3
    for method, path in [("GET", "/v1/models"), ("GET", "/api/v1/collections"), ("POST", "/ask"), ("POST", "/mcp")]:
        refused = client.request(method, path)
        assert refused.status_code == 429, path
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert "try again later" in refused.text
    assert client.get("/healthz").status_code == 200
    known.store.path.unlink()


def test_tokens_cannot_be_guessed_for_long(desk: Desk) -> None:
    known = KnownDesk(desk)
    known.users.add("ann", PASSWORD)
    client = browser_of(known, Rates(100, 5))
    tried = [
        client.get("/v1/models", headers={"authorization": f"Bearer x{number}"}).status_code for number in range(7)
    ]
    assert tried == [401] * 5 + [429] * 2
    assert client.get("/libraryx").status_code == 429  # what is no route tells nobody more
    known.store.path.unlink()


def test_no_header_makes_another_address_of_a_client(desk: Desk) -> None:
    public = AccessControl(Known(KnownDesk(desk).store, OF_USERS), rates=Rates(100, 5))
    with listening(app_of(api_over(desk), public)) as url, httpx.Client(base_url=url) as client:
        for number in range(8):
            claimed = {
                name: f"for=198.51.100.{number}" if name == "forwarded" else f"198.51.100.{number}" for name in WHERE
            }
            assert client.get("/v1/models", headers=claimed).status_code == (200 if number < 5 else 429)
