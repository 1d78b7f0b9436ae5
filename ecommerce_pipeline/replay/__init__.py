"""Replay: rows of an earlier time, out of the quarantine or the archive, loaded as if all had gone well."""
