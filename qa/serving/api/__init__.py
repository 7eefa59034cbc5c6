"""What other programs talk to, beside the chat. Where to look for what:

app             puts the routes, the errors and the documentation onto a FastAPI app
changes         the same of no more than the chat's library needs
routes/         the routes that are our own: questions, documents, health, the reference
openai/         /v1: models, chat completions, responses
mcp/            /mcp, and refdesk mcp: search, fetch, ask and verify for assistants

What they share
    app_state   what the routes serve, and who is asking
    schemas     the JSON of requests and responses, as OpenAPI documents it
    problems    which error is which status
    events      responses of several parts
    asking      a question -> its place in the queue -> stages, statements and the Answer
    narrowing   the sources that a request is about
    citing      addresses of citations, and citations in Anthropic's shape

What they change and count
    library     what changes of the documents do to files and index
    metrics     what is counted
"""
