"""Texts that say nothing: no model is asked about them."""

UNREADABLE = 0.3  # share of replacement characters from which a text was no text


def is_wordless(text: str) -> bool:
    """Is a normalised text empty, only emoji and signs, or what is left of binary data?

    Such a text is no purchase, by definition: a heart or a raised hand orders nothing.

    >>> is_wordless("😍😍 !!"), is_wordless("+1"), is_wordless("要")
    (True, False, False)
    """
    return not any(map(str.isalnum, text)) or text.count("\ufffd") > UNREADABLE * len(text)
