"""How answers reach people: the web chat and its server. Where to look for what:

The page
    chat            puts the page together and mounts it on an app with its routes
    web/            what the browser runs: HTML, CSS, JavaScript
    render          an Answer as HTML, by templates/reply.html

A request, in the order in which it passes
    server          the address, starting and ending the process
    connections     how many connections there may be, and how long each may wait
    guard           allowed hosts and origins, open routes, the size of bodies, security headers
    hosts           what an allowed host, a same origin and a client's network are
    routes          every HTTP route and its status codes

A question
    queue           whose question is answered next
    replies         the question as the page sends it, and the replies to it
    reply_stream    the response that sends these replies, from a thread

Files that visitors bring
    uploads         taking, removing and deleting them
    conversations   which conversation holds which files, and all limits
    indexing        reading them in the background

originals           the page image or web page behind a citation
logs                a log that no visitor can fill
"""
