"""The one-command stack: the real servers and all services as supervised children of one process."""
