"""Content templates: what Twilio makes of a ContentSid and ContentVariables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from stages.sandbox.messages.errors import TwilioRefusal

_PLACE = re.compile(r"\{\{(\w+)\}\}")


def worded(form: Mapping[str, str], contents: Mapping[str, str]) -> str:
    """The template's text with the variables in it; raises TwilioRefusal."""
    template = contents.get(form["ContentSid"])
    if template is None:
        raise TwilioRefusal(400, 21655, "The ContentSid is invalid")
    try:
        variables = json.loads(form.get("ContentVariables") or "{}")
        return _PLACE.sub(lambda place: _value(variables[place[1]]), template)
    except (ValueError, KeyError, TypeError):
        raise TwilioRefusal(400, 21656, "The ContentVariables parameter is invalid") from None


def _value(value: object) -> str:
    if not isinstance(value, str) or not value or "\n" in value:
        raise ValueError("no text of one line")
    return value
