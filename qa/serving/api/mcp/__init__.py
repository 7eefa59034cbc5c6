"""What assistants call by the Model Context Protocol: over HTTP at /mcp, or over standard input and output.

server      the protocol's server: lists the tools, calls them, and says their failures
tool        what a tool is, and who calls it
documents   search and fetch, in the shapes that assistants with connectors require
questions   ask and verify
marks       marks around text of documents
http        /mcp, beside the rest of the API
stdio       refdesk mcp
"""
