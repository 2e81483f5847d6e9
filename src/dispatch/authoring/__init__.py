"""Other people's files to brief.md and its pictures."""
