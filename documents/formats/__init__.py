"""One small module a format; each offers ``parse``. ``documents.load.FORMATS`` is the table of them."""
