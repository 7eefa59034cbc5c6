"""How answers reach people and programs: the web chat, the API and their server. Where to look for what:

The page
    chat            puts the page together and mounts it on an app with its routes
    web/            what the browser runs: HTML, CSS, ES modules
    messages        what is said in each language, by messages/LANGUAGE.json
    render          an Answer as HTML, by templates/reply.html
    html            pages of our own, without a script

The API
    api/            REST, OpenAI's shapes, the page behind a citation, health and metrics

A request, in the order in which it passes
    server          the address, starting and ending the process
    request_id      the id of each request, in its response and in the log
    cut             what clients are told whose requests are cut off as the server ends
    connections     how many connections there may be, and how long each may wait
    guard           allowed hosts and origins, open routes, the size of bodies, security headers
    hosts           what an allowed host, a same origin and a client's network are
    access/         who may ask where others than this machine reach the desk: users, tokens, the gate, the login page
    rights          which right each route needs
    asker           who is asking, and what may be seen
    routes          every HTTP route of the page and its status codes
    gradio_ask      the same question in Gradio's own convention, for gradio_client

A question
    queue           whose question is answered next
    work            answering in a thread, step by step, for a client that may go away
    replies         the question as the page sends it, and the replies to it

Files that visitors bring
    receive         the bytes of a file that is sent
    uploads         taking, removing and deleting them
    conversations   which conversation holds which files, and all limits
    indexing        reading them in the background

Documents
    shelf           the library: which there are, and which of them are asked
    overviews       what one is about, and questions that it answers
    document_page   one of them whole, with its quotations marked

feedback            what people say of answers
originals           the page image or web page behind a citation
logs                a log that no visitor can fill, for people or as JSON
tracing             spans of answers for OpenTelemetry
gradio_import       Gradio, without what it needs not do
"""
