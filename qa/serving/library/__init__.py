"""The documents, as they are shown. Where to look for what:

shelf           the list: which there are, and which of them are asked
overviews       what one is about, and questions that it answers
document_page   one of them whole, with its quotations marked
originals       the page image or web page behind a citation
"""
