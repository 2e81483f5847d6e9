"""Texts from outside without the addresses in them: mail servers and links like to quote them."""

import re

# As far as an address can reach in running text; also with its @ as a link writes it.
_ADDRESS = re.compile(r"[^\s<>\"'(),:;/?&=@%]{1,64}(?:@|%40)[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)


def without_addresses(text: str) -> str:
    """Return the text with "…" for every address in it."""
    return _ADDRESS.sub("…", text) if "@" in text or "%40" in text else text
