"""Who may ask, read and write where others than this machine reach the desk. Where to look for what:

What is known, in a file of its own beside the index
    store           the file and its tables
    users           people, their passwords, and the collections that are private to some of them
    groups          groups of users, and the collections that are private to them
    passwords       argon2
    tokens          what programs show
    sessions        who has logged in

A request
    rights          what each route needs
    attempts        how often something may be tried
    rates           how many requests a user, a token and an address may send
    admission       who sent it, and what that one may see
    gate            the middleware that lets it through, or says why not
    login           the page where people log in and out
    oidc            an identity provider by OpenID Connect
    provider_login  logging in there, and the way back; pending: which logins are waited for
    cookies         what a login has the browser keep

entrance            all of it, as the settings say
audit               who did what
"""
