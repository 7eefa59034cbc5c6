"""Systems under evaluation, ready to be asked: Refdesk's own by name (``refdesk``), or any callable (``system``)."""
