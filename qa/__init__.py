"""Questions in, cited answers out: for people in a chat and for scripts."""
