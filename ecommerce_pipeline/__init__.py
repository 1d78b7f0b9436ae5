"""The e-commerce pipeline that loses nothing: a shop's REST API into a warehouse."""
