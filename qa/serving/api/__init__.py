"""What other programs talk to, beside the chat. Where to look for what:

app             puts the routes, the errors and the documentation onto a FastAPI app
desk            what the routes serve, and who is asking
paths           where the parts are
schemas         the JSON of requests and responses, as OpenAPI documents it
problems        which error is which status, as application/problem+json or in OpenAI's shape

events          responses of several parts

Questions
    asking      a question -> its place in the queue -> stages, statements and the Answer
    narrowing   the sources that a request is about
    ask         POST /api/v1/ask, as JSON or as events
    search      GET /api/v1/search
    verify      POST /api/v1/verify
    feedback    POST /api/v1/feedback

Documents
    documents   /api/v1/documents: which there are, one of them, adding, removing, reading again; /api/v1/collections
    library     what these changes do to files and index
    page        /d/DOCUMENT: the page that a citation leads to
    citing      addresses of citations, and citations in Anthropic's shape

openai/         /v1: models, chat completions, responses
mcp/            /mcp, and refdesk mcp: search, fetch, ask and verify for assistants

operations      /healthz, /readyz and /metrics
metrics         what is counted
reference       /docs: the routes and their shapes, without a script
"""
