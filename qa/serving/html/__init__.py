"""Answers and pages as HTML, in the reader's language. Where to look for what:

render          an Answer, by templates/reply.html
drawn           a range of a document: code as code (code_lines), lists as lists, tables as tables
marked_words    words of a document, those that are quoted marked
pages           pages of our own, without a script, by the other templates and document.css
copied          an Answer as visitors take it along
markdown        text in Markdown as no more than text
messages        what is said in each language, by messages/LANGUAGE.json
"""
