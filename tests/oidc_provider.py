"""A small OpenID provider: discovery, keys, the code flow with PKCE, and ID tokens, which a test can have forged."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from typing import Any
from urllib.parse import parse_qsl, urlencode

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "refdesk", "client-secret-7f3a"


class OidcProvider:
    """Lets in whoever ``person`` says. ``forged`` are claims that take the place of right ones; None leaves one out.

    ``algorithm`` and ``key`` sign ID tokens; ``asked`` are the requests for a code, as they came.
    """

    def __init__(self) -> None:
        self.url = ""
        self.issuer: str | None = None  # what it says it is, if not its address
        self.person: dict[str, Any] = {"sub": "1", "preferred_username": "ann"}
        self.forged: dict[str, Any] = {}
        self.algorithm = "ES256"
        self.algorithms = ["ES256"]  # that it says it signs by
        self.own = ECKey.generate_key("P-256", {"kid": "own"})
        self.key: ECKey | OctKey = self.own
        self.asked: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}

    @property
    def app(self) -> Starlette:
        """What serves it."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.configuration),
                Route("/keys", self.keys),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
            ]
        )

    async def configuration(self, request: Request) -> Response:  # noqa: ARG002
        return JSONResponse({
            "issuer": self.issuer or self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "id_token_signing_alg_values_supported": self.algorithms,
        })  # fmt: skip

    async def keys(self, request: Request) -> Response:  # noqa: ARG002
        return JSONResponse({"keys": [self.own.as_dict(private=False)]})

    async def authorize(self, request: Request) -> Response:
        """Whoever asks is ``person``, and agrees."""
        asked = dict(request.query_params)
        self.asked.append(asked)
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}", 303)

    async def token(self, request: Request) -> Response:
        """An ID token for a code, once, to the client that can prove that it asked for it."""
        given = dict(parse_qsl((await request.body()).decode()))
        shown = base64.b64decode(request.headers.get("authorization", "Basic ").partition(" ")[2]).decode()
        asked = self._codes.pop(given.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest()).decode()
        if (
            asked is None
            or shown != f"{CLIENT}:{SECRET}"
            or (asked["code_challenge_method"], asked["code_challenge"]) != ("S256", proof.rstrip("="))
            or asked["redirect_uri"] != given["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": self._id_token(asked["nonce"])})

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce, **self.person}
        claims = {name: value for name, value in {**claims, **self.forged}.items() if value is not None}
        return jwt.encode({"alg": self.algorithm, "kid": "own"}, claims, self.key, algorithms=[self.algorithm])
