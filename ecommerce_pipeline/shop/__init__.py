"""How we talk to a shop; knows nothing of warehouses."""
