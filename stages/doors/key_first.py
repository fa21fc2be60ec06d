"""Routes that ask for the key before they read the body."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from stages.doors.gate import Needs


class KeyFirst(APIRoute):
    """FastAPI reads the body first, and tells whoever has no key what is wrong with their JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's own handler, behind what it `needs`."""
        handle = super().get_route_handler()
        needs = [each.call for each in self.dependant.dependencies if isinstance(each.call, Needs)]

        async def admitted_first(request: Request) -> Response:
            for each in needs:
                await each(request)
            return await handle(request)

        return admitted_first
