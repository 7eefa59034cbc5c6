"""The web chat. Where to look for what:

page            puts the page together, and mounts it on an app with its routes
web/            what the browser runs: HTML, CSS, ES modules
routes          every HTTP route of the page and its status codes
conversation_routes  the conversations of users who have logged in
replies         a question as the page sends it, and the replies to it
opinions        what visitors say of answers
branding        title, welcome, colour and logo from the settings
gradio_ask      the same question in Gradio's own convention, for gradio_client
gradio_import   Gradio, without what it needs not do
inline_scripts  the policy under which the page runs Gradio's scripts alone
"""
