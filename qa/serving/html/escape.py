"""Text as HTML that shows exactly its characters."""

from __future__ import annotations

import html

from markupsafe import Markup


def escape(value: object) -> Markup:
    """``value`` as HTML that shows exactly its characters, in an element or a quoted attribute; Markup as it is."""
    if isinstance(value, Markup):
        return value
    # HTML parsers turn a carriage return into a line feed, but leave a reference to it alone.
    return Markup(html.escape(str(value)).replace("\r", "&#13;"))
