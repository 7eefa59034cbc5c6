"""Where the parts of the API are."""

from __future__ import annotations

REST = "/api/v1"
OPENAI = "/v1"
MCP = "/mcp"
PAGE = "/d"  # of a document
