"""The verbs, in the order of the line."""
