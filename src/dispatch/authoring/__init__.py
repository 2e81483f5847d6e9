"""Other people's files (.docx, .txt) become brief.md and its pictures."""
