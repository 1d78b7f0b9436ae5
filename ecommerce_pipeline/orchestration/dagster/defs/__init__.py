"""What Dagster shows and runs; each module is found by itself."""
