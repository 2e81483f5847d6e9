"""Pictures to mail-ready pictures."""
