"""Is the warehouse what the shop is? Compared by keys and versions, mended where it is not."""
