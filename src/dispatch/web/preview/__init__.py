"""The preview: a local page on which one sees everything that a `send` would do."""
