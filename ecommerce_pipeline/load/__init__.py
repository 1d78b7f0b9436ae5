"""The run: what was read is loaded in one package with its cursor, its quarantine and its account."""
