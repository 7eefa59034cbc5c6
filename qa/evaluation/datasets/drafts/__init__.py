"""Documents -> first drafts of visitors' questions, which a person then edits.

Questions about sentences are those that ``qa.read.suggest`` makes; here is said what a right answer to them must say.
Lists, procedures, tables and whole documents are asked about as such; ``unanswered`` has questions that the documents
probably do not answer.
"""
