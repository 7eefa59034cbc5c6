"""Logging in by an identity provider, and attacks on it: replayed, forged, foreign and taken-over logins."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
import pytest
from access_desk import PASSWORD, KnownDesk, served
from api_server import listening
from commands import Run, fails
from fakes import Desk, filled
from joserfc.jwk import ECKey, OctKey
from oidc_provider import CLIENT, SECRET, OidcProvider
from starlette.testclient import TestClient

from index.passage import Collections
from qa.serving.access.access_control import AccessControl
from qa.serving.access.accounts.sessions import Sessions
from qa.serving.access.accounts.store import AccessStore
from qa.serving.access.attempts import Attempts
from qa.serving.access.login.cookies import SESSION
from qa.serving.access.login.oidc import Provider
from qa.serving.access.login.page import LoginRoutes
from qa.serving.access.login.pending import LONGEST, Login, Pending
from qa.serving.access.login.provider_login import BROWSER, ProviderRoutes
from qa.settings import Settings


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    provider = OidcProvider()
    with listening(provider.app) as url:
        provider.url = url
        yield provider


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return filled(tmp_path_factory.mktemp("oidc"))


@pytest.fixture
def known(desk: Desk, provider: OidcProvider) -> Iterator[KnownDesk]:
    known, before = KnownDesk(desk), {**vars(provider)}
    yield known
    vars(provider).update(before)
    known.forget()


def browser_of(
    known: KnownDesk, provider: OidcProvider, attempts: Attempts | None = None, **settings: Any
) -> TestClient:
    """A browser before a desk that trusts the provider."""
    given = {"oidc_issuer": provider.url, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET, **settings}
    routes = ProviderRoutes(Provider(Settings(**given)), known.store, known.users, known.audit, attempts)
    login = LoginRoutes(known.users, Sessions(known.store), known.audit, provider=routes)
    app = served(known.api, AccessControl(known.access_control.admission, login, known.audit), known.extras)
    return TestClient(app, base_url="http://localhost", client=("192.0.2.7", 1), follow_redirects=False)


def sent_back(browser: TestClient, to: str = "/docs") -> str:
    """The address that the provider leads the browser back to."""
    away = browser.get("/login/provider", params={"next": to})
    assert away.status_code == 303, away.text
    return httpx.get(away.headers["location"]).headers["location"]


def log_in(browser: TestClient) -> httpx.Response:
    return browser.get(sent_back(browser), headers={"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"})


def user_of(known: KnownDesk, browser: TestClient) -> tuple[str, Collections] | None:
    return Sessions(known.store).find(browser.cookies.get(SESSION, ""))


def test_a_user_logs_in_there_and_comes_back_to_the_page_that_was_asked_for(
    known: KnownDesk, provider: OidcProvider
) -> None:
    known.users.add_elsewhere("ann")
    browser = browser_of(known, provider)
    assert 'href="/login/provider?next=%2Fdocs"' in browser.get("/login?next=/docs").text
    back = log_in(browser)
    assert (back.status_code, 'content="0; url=/docs"' in back.text) == (200, True)
    assert browser.get("/docs").status_code == 200
    (session,) = (one for one in back.headers.get_list("set-cookie") if one.startswith(SESSION))
    assert {"HttpOnly", "SameSite=strict"} <= set(session.split("; "))
    assert BROWSER not in browser.cookies
    asked = provider.asked[-1]
    assert (asked["code_challenge_method"], asked["response_type"], len(asked["nonce"]) > 40) == ("S256", "code", True)
    (line,) = [json.loads(line) for line in known.audit.path.read_text().splitlines()]
    assert (line["did"], line["who"], line["by"]) == ("login", "user ann", provider.url)
    assert SECRET not in known.audit.path.read_text()
    assert log_in(browser_of(known, provider)).status_code == 200  # by the identity, from now on


def test_who_is_new_is_let_in_only_where_that_is_set(known: KnownDesk, provider: OidcProvider) -> None:
    refused = log_in(browser := browser_of(known, provider))
    assert (refused.status_code, "nobody has let you in" in refused.text, user_of(known, browser)) == (403, True, None)
    browser = browser_of(known, provider, oidc_new_users=True)
    assert log_in(browser).status_code == 200
    assert (user_of(known, browser) or ("",))[0] == "ann"
    for password in ("", "no user's password", PASSWORD):
        assert not known.users.logs_in("ann", password)


def test_a_name_that_somebody_has_here_is_not_taken_over(known: KnownDesk, provider: OidcProvider) -> None:
    known.users.add("ann", PASSWORD)
    known.users.add_elsewhere("bob")
    browser = browser_of(known, provider, oidc_new_users=True)
    assert log_in(browser).status_code == 403
    provider.person = {"sub": "2", "preferred_username": "bob"}
    assert log_in(browser).status_code == 200
    provider.person = {"sub": "3", "preferred_username": "bob"}  # another one, who calls himself so
    assert log_in(browser_of(known, provider, oidc_new_users=True)).status_code == 403
    provider.person = {"sub": "2", "preferred_username": "ann"}  # the first one, renamed
    browser = browser_of(known, provider)
    assert log_in(browser).status_code == 200
    assert (user_of(known, browser) or ("",))[0] == "bob"


def test_groups_are_those_that_the_provider_tells_as_far_as_there_are_such(
    known: KnownDesk, provider: OidcProvider
) -> None:
    known.users.add_elsewhere("ann")
    for name in ("staff", "board"):
        known.groups.add(name)
        known.groups.allow(name, [name])
    for told, sees in (
        (["staff", "unknown", 7], {"board"}), ([], {"staff", "board"}), (["board"], {"staff"}), (None, {"staff"}),
    ):  # fmt: skip
        provider.person = {"sub": "1", "preferred_username": "ann", "groups": told}
        browser = browser_of(known, provider)
        log_in(browser)
        assert user_of(known, browser) == ("ann", Collections(frozenset(sees)))
    assert {group.name for group in known.groups.listed()} == {"staff", "board"}


def test_a_claim_of_groups_that_is_named_and_left_out_says_that_there_are_none(
    known: KnownDesk, provider: OidcProvider
) -> None:
    known.users.add_elsewhere("ann")
    known.groups.add("staff")
    known.groups.allow("staff", ["staff"])
    for told, sees in ({"groups": ["staff"]}, set()), ({}, {"staff"}):
        provider.person = {"sub": "1", "preferred_username": "ann", **told}
        browser = browser_of(known, provider, oidc_groups_claim="groups")
        log_in(browser)
        assert user_of(known, browser) == ("ann", Collections(frozenset(sees)))


FORGED: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "replayed"}, "no nonce": {"nonce": None}, "another client": {"aud": "other"},
    "another client, for us": {"aud": ["other", "third"], "azp": CLIENT}, "no subject": {"sub": None},
    "a subject that no database takes": {"sub": "a\0b"}, "an empty subject": {"sub": ""},
    "another issuer": {"iss": "https://evil.example"}, "over": {"exp": 1_000_000}, "no end": {"exp": None},
    "no name": {"preferred_username": None}, "a name that is none": {"preferred_username": "a b"},
    "of the future": {"iat": 9_000_000_000},
}  # fmt: skip


def test_id_tokens_that_are_not_for_this_login_let_nobody_in(known: KnownDesk, provider: OidcProvider) -> None:
    browser = browser_of(known, provider, oidc_new_users=True)
    for what, claims in FORGED.items():
        provider.forged = claims
        assert log_in(browser).status_code in ((403,) if what == "a name that is none" else (401, 503)), what
        assert user_of(known, browser) is None, what
    provider.forged = {}
    assert known.users.listed() == []
    assert log_in(browser).status_code == 200  # without the forgery


def test_signatures_by_other_keys_and_other_means_let_nobody_in(known: KnownDesk, provider: OidcProvider) -> None:
    public = OctKey.import_key(provider.own.as_pem(private=False).replace(b"-----", b""))
    browser = browser_of(known, provider, oidc_new_users=True)
    for algorithm, key in [("ES256", ECKey.generate_key("P-256")), ("HS256", public), ("none", provider.own)]:
        provider.algorithm, provider.key = algorithm, key
        assert log_in(browser).status_code == 401, algorithm
        assert user_of(known, browser) is None


def test_a_key_that_the_provider_has_changed_counts_at_once_and_the_former_one_no_more(
    known: KnownDesk, provider: OidcProvider
) -> None:
    known.users.add_elsewhere("ann")
    browser = browser_of(known, provider)
    assert log_in(browser).status_code == 200
    former, provider.own = provider.own, ECKey.generate_key("P-256", {"kid": "own"})  # under the same name
    assert log_in(browser).status_code == 401
    provider.key = provider.own
    assert log_in(browser).status_code == 200
    assert provider.own.thumbprint() != former.thumbprint()


def test_no_token_is_believed_without_a_signature_whatever_the_provider_says_of_itself(
    known: KnownDesk, provider: OidcProvider
) -> None:
    provider.algorithms = ["ES256", "HS256", "none"]
    browser = browser_of(known, provider, oidc_new_users=True)
    for key, algorithm in ((OctKey.import_key(SECRET), "HS256"), (provider.own, "none")):
        provider.algorithm, provider.key = algorithm, key
        assert log_in(browser).status_code == 401, algorithm


def test_a_way_back_is_good_once_and_in_the_browser_that_was_sent(known: KnownDesk, provider: OidcProvider) -> None:
    known.users.add_elsewhere("ann")
    mine, victim = browser_of(known, provider), browser_of(known, provider)
    back = sent_back(mine)
    assert victim.get(back).status_code == 403  # another's login, slipped under (login CSRF)
    assert mine.get(back).status_code == 403  # it is over
    back, held = sent_back(mine), dict(mine.cookies)
    assert mine.get(back).status_code == 200
    replayed = browser_of(known, provider)
    replayed.cookies.update({BROWSER: held[BROWSER]})
    assert replayed.get(back).status_code == 403
    other = sent_back(victim)
    code, state = (parse_qs(urlsplit(address).query) for address in (other, sent_back(mine)))
    mixed = mine.get("/login/back", params={"code": code["code"][0], "state": state["state"][0]})
    assert mixed.status_code == 401  # another login's code has another proof and nonce
    for query in ({}, {"code": "x"}, {"state": "x", "code": "x"}, {"error": "<script>", "state": "x"}):
        refused = mine.get("/login/back", params=query)
        assert (refused.status_code, "<script" in refused.text) == (403, False)
    denied = {"error": "access_denied", "state": parse_qs(urlsplit(sent_back(mine)).query)["state"][0]}
    assert mine.get("/login/back", params=denied).status_code == 401


def test_a_provider_that_calls_itself_otherwise_or_is_away_lets_nobody_in(
    known: KnownDesk, provider: OidcProvider
) -> None:
    provider.issuer = "https://evil.example"
    assert browser_of(known, provider).get("/login/provider").status_code == 503
    gone = browser_of(known, provider, oidc_issuer="http://127.0.0.1:9")
    refused = gone.get("/login/provider")
    assert (refused.status_code, "127.0.0.1:9" in refused.text) == (503, False)


def test_an_address_of_another_server_is_no_place_to_come_back_to(known: KnownDesk, provider: OidcProvider) -> None:
    known.users.add_elsewhere("ann")
    browser = browser_of(known, provider)
    assert 'url=/"' in browser.get(sent_back(browser, "//evil.example")).text


def test_an_address_that_is_not_verified_is_no_name(known: KnownDesk, provider: OidcProvider) -> None:
    known.users.add_elsewhere("ann@example.org")
    for verified, status in ((None, 401), (False, 401), (True, 200)):
        provider.person = {"sub": "1", "email": "ann@example.org", "email_verified": verified}
        assert log_in(browser_of(known, provider, oidc_name_claim="email")).status_code == status


def test_begun_logins_are_few_and_end(tmp_path: Path, known: KnownDesk, provider: OidcProvider) -> None:
    now = [0.0]
    pending = Pending(AccessStore(tmp_path), lambda: now[0], most=3)
    for number in range(4):
        now[0] = number
        pending.begin(str(number), "browser", Login("n", "v", "/"))
    assert pending.end("0", "browser") is None
    assert pending.end("1", "browser") == Login("n", "v", "/")
    now[0] = LONGEST + 4
    assert pending.end("3", "browser") is None
    browser = browser_of(known, provider, Attempts(2))
    begun = [browser.get("/login/provider") for _ in range(3)]
    assert (begun[-2].status_code, begun[-1].status_code, int(begun[-1].headers["retry-after"]) > 1) == (303, 429, True)


def test_settings_that_are_not_whole_or_come_with_a_folder_are_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("refdesk.toml").write_text('oidc_issuer = "https://evil.example"')
    fails(run("serve", "--host", "0.0.0.0"), "is set by REFDESK_OIDC_ISSUER, not by a file")
    Path("refdesk.toml").unlink()
    monkeypatch.setenv("REFDESK_OIDC_CLIENT_SECRET", SECRET)
    done = run("serve", "--host", "0.0.0.0")
    fails(done, "set all of them, or none")
    assert SECRET not in done.err
    monkeypatch.setenv("REFDESK_OIDC_ISSUER", "http://login.example")
    fails(run("serve", "--host", "0.0.0.0"), "must begin with https://")
