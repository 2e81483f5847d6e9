"""Pure text to text: Markdown to Brief, Brief to Edition, checks, merge."""
