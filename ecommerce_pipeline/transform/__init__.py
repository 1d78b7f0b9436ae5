"""From raw rows to answers: the dbt project, and what runs it."""
