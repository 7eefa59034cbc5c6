"""The command ``refdesk``: ``app`` has its commands, ``console`` all that is printed."""

INTERRUPTED = "interrupted; what was finished is kept"
