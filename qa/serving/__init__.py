"""How answers reach people and programs: the web chat, the API and their server. From above, each over those below:

operations/ keeping a desk going: the doctor's checks, backup, restore

server      the address, starting and ending the process

chat/       the web chat: its page, what the browser runs, the page's routes and the replies to a question
api/        what programs talk to: REST, OpenAI's shapes, MCP, health and metrics

access/     who is asking, and what that one may do and see: rights, the gate, logging in, users and tokens

answering/  whose question is answered next, and answering it: the queue, work in threads, worker processes, spans
uploads/    files that visitors bring: receiving, limits, reading them in the background
library/    the documents: the list, what each is about, the page of one, the page image behind a citation

html/       answers and pages as HTML, and what is said in each language: templates/, messages/
http/       what every request passes, whatever it asks for: addresses, hosts, limits, refusals, ids, the log

A request comes through ``http.connections``, ``http.request_id``, ``http.shutdown``, ``http.guard`` and
``access.gate``, in this order, to a route of ``chat.routes``, ``chat.gradio_ask``, ``access.login`` or ``api.routes``.
"""
