"""What a person sees: progress on a terminal, then what was done as a table."""
