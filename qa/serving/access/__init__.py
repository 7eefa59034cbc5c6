"""Who may ask, read and write where others than this machine reach the desk. Where to look for what:

access_control  all of it, as the settings say

A request
    admission   who sent it
    asker       who that is, and what it may see: the one place that every route takes this from
    rights      what may be done, and what each route needs
    attempts    how often something may be tried: logins, and the requests of a user, a token and an address
    gate        the middleware that lets it through, or says why not
    audit       who did what

accounts/       users, groups, tokens and sessions, in a file of their own
login/          the page where people log in and out, also by an identity provider
"""
