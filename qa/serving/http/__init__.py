"""What every request passes, whatever it asks for. Where to look for what:

connections     how many connections there may be, and how long each may wait
request_id      the id of each request, in its response and in the log
shutdown        what clients are told whose requests are cut off as the server ends
guard           allowed hosts and origins, open routes, the size of bodies, security headers
hosts           what an allowed host, a same origin and a client's network are
paths           the addresses of everything that is served
refusals        how it is said that a request is not served, to the chat, to programs and in OpenAI's shape
status          the status of a response as it passes
logs            a log that no visitor can fill, for people or as JSON
"""
