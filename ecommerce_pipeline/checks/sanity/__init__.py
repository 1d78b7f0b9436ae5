"""Questions that the warehouse can answer by itself, after each run and alone."""
