"""The routes that are our own; others' are in ``openai`` and ``mcp``. Where to look for what:

Questions
    ask         POST /api/v1/ask, as JSON or as events
    search      GET /api/v1/search
    verify      POST /api/v1/verify
    feedback    POST /api/v1/feedback

Documents
    documents   /api/v1/documents: which there are, one of them, adding, removing, reading again; /api/v1/collections
    page        /d/DOCUMENT: the page that a citation leads to, and the file

operations      /healthz, /readyz and /metrics
reference       /docs: the routes and their shapes, without a script
"""
