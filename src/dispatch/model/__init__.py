"""The nouns, and the rules between them: frozen dataclasses, no input or output."""
