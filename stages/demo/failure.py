"""Why a demo did not end well."""

from __future__ import annotations

from stages.mendable import Mendable


class DemoFailed(Mendable):
    """The demo can't go on, or did not end as it should; the message says why."""
