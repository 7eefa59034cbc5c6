"""Answers and pages as HTML, in the reader's language. Where to look for what:

render          an Answer, by templates/reply.html
pages           pages of our own, without a script, by the other templates and document.css
messages        what is said in each language, by messages/LANGUAGE.json
"""
