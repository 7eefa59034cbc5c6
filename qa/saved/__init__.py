"""Saved answers are read strictly and checked again, for ``refdesk verify``."""
