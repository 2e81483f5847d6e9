"""A .docx, hostile until shown otherwise, becomes a Document."""
