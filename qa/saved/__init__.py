"""Saved answers, read strictly and checked again: what ``refdesk verify`` does."""
