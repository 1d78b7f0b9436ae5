"""Facts and dimensions as files, one for each day, for those who read no warehouse."""
