"""Refdesk in the shapes of OpenAI's API, for the clients that speak it:

models          a collection is a model, and one more asks everything
conversation    messages -> the question, and the turns before it
content         an Answer -> text with [n], a list of its sources, and annotations
chat            POST /v1/chat/completions
responses       POST /v1/responses
schemas         the requests and what is answered
"""
