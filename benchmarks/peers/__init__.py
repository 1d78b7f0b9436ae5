"""What is measured beside the pipeline. Each module is a script that is run by itself."""
