"""Text on its way into html: escaped, with marks for what later steps would spoil.

premailer turns entities back into characters, so brackets and braces that must stay literal travel as marks
(noncharacters, which no text holds after `markup.characters.clean`) and become entities in the last step.
"""

import re

from markupsafe import Markup, escape

from dispatch.model.edition import TOKEN, Field, split

#: stands for a bracket that opens no merge token
BRACKET = "\ufdd0"
_NEWLINES = re.compile(r"\s*\n\s*")


def html(text: str) -> Markup:
    """Text for html, in an element or in a double-quoted attribute; its merge tokens stay tokens."""
    return escape(_NEWLINES.sub(" ", text))


def literal(text: str) -> Markup:
    """Text for html that holds no merge tokens, whatever it looks like."""
    return escape(TOKEN.sub(lambda match: BRACKET + match[0][1:], text))


def without_tokens(text: str) -> str:
    """Text for the web copy: each merge token as the words that a stranger gets."""
    return "".join(piece.default if isinstance(piece, Field) else piece for piece in split(text))


def finish(page: str) -> str:
    """A page with its marks as entities, and literal braces such that no template engine reads them."""
    return page.replace(BRACKET, "&#91;").replace("%EF%B7%90", "%5B").replace("{{", "&#123;&#123;")
