"""What several tests share: a shop to read, a warehouse to compare with its truth."""
