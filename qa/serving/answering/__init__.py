"""Answering questions, one after the other. Where to look for what:

answerer    what answers, as all that serve answers see it
queue       whose question is answered next
work        answering in a thread, step by step, for a client that may go away
workers     several processes that answer
feedback    what people say of answers
tracing     spans of answers for OpenTelemetry
"""
