"""How a desk is entered: by everyone, by the public to read, or by those who are known."""

from __future__ import annotations

from dataclasses import dataclass

from documents.errors import RefdeskError
from qa.serving.access.accounts.conversations import Conversations
from qa.serving.access.accounts.opened import open_access
from qa.serving.access.accounts.sessions import Sessions
from qa.serving.access.accounts.tokens import Tokens
from qa.serving.access.accounts.users import Users
from qa.serving.access.admission import Anyone, Known
from qa.serving.access.attempts import Rates
from qa.serving.access.audit import Audit
from qa.serving.access.login.oidc import Provider
from qa.serving.access.login.page import LoginRoutes
from qa.serving.access.login.provider_login import ProviderRoutes
from qa.serving.access.rights import OF_USERS
from qa.serving.http.hosts import is_loopback
from qa.serving.http.paths import LOGIN, LOGOUT
from qa.settings import Settings


class NotPublicError(RefdeskError):
    """Others than this machine would reach the server, and nobody is known who may. The message is one line."""


@dataclass(frozen=True, slots=True)
class AccessControl:
    """Who is let in, where they log in, what is noted of them, how much they may send; the ``names`` of the known.

    ``conversations`` are kept for those who log in.
    """

    admission: Anyone | Known
    login: LoginRoutes | None = None
    audit: Audit | None = None
    rates: Rates | None = None
    names: tuple[str, ...] = ()
    conversations: Conversations | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of its own routes."""
        return (LOGIN, LOGOUT) if self.login else ()


EVERYONE = AccessControl(Anyone())


def access_control_of(settings: Settings) -> AccessControl:
    """The access control that the settings ask for.

    Raises:
        NotPublicError: others would reach the server, nobody is known, and it is not meant to be public.
        AccessError: what is known cannot be read, or a setting of the identity provider is missing.
    """
    store = open_access(settings.index)
    rates = Rates(settings.rate_of_user, settings.rate_of_address)
    if settings.public:
        return AccessControl(Known(store, OF_USERS), rates=rates)
    if not is_reached_by_others(settings):
        return EVERYONE
    users = Users(store)
    names = (*(f"user {one.name}" for one in users.listed()), *(f"token {one.name}" for one in Tokens(store).listed()))
    provider = Provider(settings) if has_provider(settings) else None
    if not names and not (provider and provider.may_be_new):
        raise NotPublicError(
            f"others than this machine would reach {_why(settings)}, and nobody is known who may: add somebody "
            "(refdesk users add NAME, or refdesk tokens new NAME --scope ask for a program), or give --public to let "
            "everyone ask and read who reaches it"
        )
    audit = Audit(settings.folder, with_questions=settings.audit_questions)
    elsewhere = ProviderRoutes(provider, store, users, audit) if provider else None
    if provider:
        names += (f"{'everyone' if provider.may_be_new else 'users'} whom {provider.issuer} vouches for",)
    login = LoginRoutes(users, Sessions(store), audit, provider=elsewhere)
    return AccessControl(Known(store), login, audit, rates, names, Conversations(store))


def has_provider(settings: Settings) -> bool:
    """Whether a setting of an identity provider is there."""
    return bool(settings.oidc_issuer or settings.oidc_client_id or settings.oidc_client_secret)


def is_reached_by_others(settings: Settings) -> bool:
    """Whether others than this machine reach the server: at its address, or through a proxy before it."""
    return not (is_loopback(settings.host) and all(map(is_loopback, settings.hosts)) and not settings.trusted_proxy)


def _why(settings: Settings) -> str:
    if not is_loopback(settings.host):
        return settings.host
    return f"{settings.host} through a proxy (REFDESK_HOSTS, REFDESK_TRUSTED_PROXY)"
