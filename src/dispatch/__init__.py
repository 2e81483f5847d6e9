"""dispatch: takes a finished policy brief and mails it, nobody twice, nobody lost."""

__version__ = "0.1.0"
