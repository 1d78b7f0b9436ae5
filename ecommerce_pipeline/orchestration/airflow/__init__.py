"""The pipeline as a DAG of Airflow."""
