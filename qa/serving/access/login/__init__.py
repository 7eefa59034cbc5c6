"""Logging in. Where to look for what:

page            the page where people log in and out
provider_login  logging in at an identity provider, and the way back
pending         which of these logins are waited for
oidc            an identity provider by OpenID Connect
cookies         what a login has the browser keep
"""
