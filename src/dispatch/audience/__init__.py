"""Pure lists to lists: rows of a file to a plan of changes, segments to conditions."""
