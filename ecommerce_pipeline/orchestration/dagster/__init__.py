"""The pipeline as assets of Dagster."""
