"""Schedulers: each calls the same run as the command, and adds only what it is for."""
