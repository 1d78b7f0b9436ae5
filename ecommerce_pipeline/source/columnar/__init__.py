"""Pages handed to the warehouse as columns: the same tables, types and rows as by way of single records."""
