"""An identity provider by OpenID Connect: the code flow with PKCE, state and nonce. authlib speaks the protocol."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qa.serving.access.accounts.store import AccessError
from qa.serving.access.login.pending import Login
from qa.settings import Settings

if TYPE_CHECKING:
    from authlib.integrations.starlette_client import StarletteOAuth2App

SECONDS = 10.0  # that the provider may take to answer this server


class ProviderError(AccessError):
    """The provider cannot be reached, or what it says cannot be believed. The message is one line, for the log."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider vouches for: its ``subject`` for ever, its ``name`` now, and its groups, if they are told."""

    subject: str
    name: str
    groups: tuple[str, ...] | None = None


class Provider:
    """The provider that the settings name.

    Every method raises ProviderError where it cannot be reached, or what it says cannot be believed.
    """

    def __init__(self, settings: Settings) -> None:
        """Raises AccessError where a setting is missing, or the library."""
        secret = settings.oidc_client_secret
        if not (settings.oidc_issuer and settings.oidc_client_id and secret):
            raise AccessError(
                "logins by OpenID Connect need REFDESK_OIDC_ISSUER, REFDESK_OIDC_CLIENT_ID and "
                "REFDESK_OIDC_CLIENT_SECRET: set all of them, or none"
            )
        self.issuer = settings.oidc_issuer
        self.may_be_new = settings.oidc_new_users
        self._name_claim = settings.oidc_name_claim
        self._groups_claim = settings.oidc_groups_claim
        # Whoever names the claim expects it, and some providers leave it out where there are no groups.
        self._tells_groups = "oidc_groups_claim" in settings.model_fields_set
        self._client_id = settings.oidc_client_id
        self._app = _app(settings.oidc_issuer, settings.oidc_client_id, secret.get_secret_value(), settings.oidc_scope)

    async def begin(self, redirect: str, to: str) -> tuple[str, str, Login]:
        """The address at the provider that leads back to ``redirect``, the state that it repeats, and the login."""
        nonce = secrets.token_urlsafe(32)
        with _errors():
            await self._check_issuer()
            made = await self._app.create_authorization_url(redirect, nonce=nonce, state=secrets.token_urlsafe(32))
        return made["url"], made["state"], Login(nonce, made["code_verifier"], to)

    async def identity(self, code: str, redirect: str, login: Login) -> Identity:
        """Whom the provider vouches for by ``code``."""
        # authlib checks an audience only where it is told which.
        expected = {
            "iss": {"essential": True, "values": [self.issuer]},
            "aud": {"essential": True, "values": [self._client_id]},
        }
        with _errors():
            await self._check_issuer()
            token = await self._app.fetch_access_token(redirect, code=code, code_verifier=login.verifier)
            await self._app.fetch_jwk_set(force=True)  # else a key counts until a token names one that is not known
            claims: Any = await self._app.parse_id_token(token, login.nonce, expected)
        if not claims:
            raise ProviderError("the identity provider sent no ID token: allow the client the scope openid")
        return self._identity(claims)

    def _identity(self, claims: dict[str, Any]) -> Identity:
        subject, name = claims.get("sub"), claims.get(self._name_claim)
        if not (isinstance(subject, str) and subject and subject.isascii() and subject.isprintable()):
            raise ProviderError("the ID token has no subject that OpenID Connect allows: ASCII characters")
        if not isinstance(name, str):
            raise ProviderError(f"the ID token has no {self._name_claim}: see REFDESK_OIDC_NAME_CLAIM")
        if self._name_claim == "email" and claims.get("email_verified") is not True:
            raise ProviderError("the identity provider has not verified the e-mail address")
        groups = claims.get(self._groups_claim)
        if not isinstance(groups, list):
            return Identity(subject, name, () if self._tells_groups else None)
        return Identity(subject, name, tuple(one for one in groups if isinstance(one, str)))

    async def _check_issuer(self) -> None:
        if (await self._app.load_server_metadata()).get("issuer") != self.issuer:
            raise ProviderError(f"what {self.issuer} publishes is of another issuer: write it as the provider does")


def _app(issuer: str, client_id: str, secret: str, scope: str) -> StarletteOAuth2App:
    try:
        from authlib.integrations.starlette_client import StarletteOAuth2App
    except ImportError as error:
        raise AccessError("logins by OpenID Connect need authlib: pip install 'refdesk[oidc]'") from error
    return StarletteOAuth2App(
        None,
        client_id=client_id,
        client_secret=secret,
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": scope, "code_challenge_method": "S256", "timeout": SECONDS},
    )


@contextmanager
def _errors() -> Iterator[None]:
    """Whatever the library raises, in one line. What a provider sent is not repeated: it may hold secrets."""
    try:
        yield
    except AccessError:
        raise
    except Exception as error:
        raise ProviderError(f"the identity provider could not be used ({type(error).__name__})") from error
