"""Who may come in: keys, scopes, and doors that stand open on one's own machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, get_args

from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from stages.adapters.database.api_keys import KeyRights
from stages.api_key import Scope
from stages.doors.keyring import Keyring
from stages.doors.loopback import why_not_from_here

EVERY_SCOPE: frozenset[Scope] = frozenset(get_args(Scope))
DEFAULT_SOURCE = "gateway"
OPEN = "open"
_ADMITTED = "tiktoksales.admitted"
_CHALLENGE = 'Bearer realm="tiktoksales"'


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever came in. `key_id` is OPEN for whoever came by an open door."""

    key_id: str
    name: str
    scopes: frozenset[Scope]
    streamer: str | None
    source: str
    open: bool = False

    @classmethod
    def of(cls, rights: KeyRights) -> Self:
        """With a key. `admin` includes every scope."""
        scopes = EVERY_SCOPE if "admin" in rights.scopes else rights.scopes
        return cls(rights.id, rights.name, scopes, rights.streamer, rights.source)

    def may_act_for(self, streamer: str) -> bool:
        """Whether the streamer is theirs."""
        return self.streamer is None or self.streamer == streamer

    def require(self, streamer: str) -> None:
        """Raises NotAdmitted (403) where the streamer is not theirs."""
        if not self.may_act_for(streamer):
            raise NotAdmitted(
                403, f"This key is bound to the streamer {self.streamer!r}: it can't act for another."
            )


ANYBODY = Caller(OPEN, "open door", EVERY_SCOPE, None, DEFAULT_SOURCE, open=True)


class NotAdmitted(Exception):
    """`status` is 401 (show a good key) or 403 (another one); the message says what to do."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status

    @property
    def headers(self) -> dict[str, str]:
        """The challenge, where a key would help."""
        return {"WWW-Authenticate": _CHALLENGE} if self.status == 401 else {}


class Gate:
    """Tells callers by `Authorization: Bearer KEY` or `X-Api-Key: KEY`. With `open_doors` whoever shows no key comes in
    too, as long as the request was made on this machine, by no other site's page."""

    def __init__(self, keyring: Keyring | None, *, open_doors: bool = False) -> None:
        self.keyring, self.open_doors = keyring, open_doors

    def needs(self, *scopes: Scope) -> Needs:
        """A dependency that gives the Caller, who has one of these scopes (without any named: some key). A route takes
        it as a default, `caller: Caller = ingester` of `ingester = Depends(gate.needs("ingest"))`: an annotation of a
        function in a function is looked up where no `gate` is known."""
        return Needs(self, scopes)

    async def admit(self, headers: Mapping[str, str], *scopes: Scope) -> Caller:
        """The caller of these headers, who has one of these scopes. Raises NotAdmitted, and DatabaseUnavailable."""
        caller = await self.caller_of(headers)
        if caller is None:
            raise NotAdmitted(401, _unknown(headers, self.open_doors))
        if scopes and not caller.scopes.intersection(scopes):
            raise NotAdmitted(403, f"The key {caller.name!r} lacks the scope {' or '.join(scopes)}.")
        return caller

    async def caller_of(self, headers: Mapping[str, str]) -> Caller | None:
        """The caller of these headers; None where they show no good key and the door is not open to them. `headers`
        finds names in lower case. Raises DatabaseUnavailable."""
        text = _key_in(headers)
        if text is not None:
            return await self.caller_of_key(text)
        return ANYBODY if self.open_doors and why_not_from_here(headers) is None else None

    async def caller_of_key(self, text: str) -> Caller | None:
        """Whoever shows this key; None where it opens nothing. Raises DatabaseUnavailable."""
        return _caller(await self.keyring.rights_of_key(text)) if self.keyring else None

    async def caller_of_id(self, key_id: str) -> Caller | None:
        """Whoever showed the key of this id earlier; None where it is revoked, or never was. Raises
        DatabaseUnavailable."""
        return _caller(await self.keyring.rights_of_id(key_id)) if self.keyring else None

    async def close(self) -> None:
        """Wait for what the keys still have to read and write."""
        if self.keyring:
            await self.keyring.close()


class Needs(SecurityBase):
    """The dependency that `Gate.needs` makes; the OpenAPI document shows it as the scheme `key`."""

    def __init__(self, gate: Gate, scopes: tuple[Scope, ...]) -> None:
        self.model = HTTPBearerModel(
            description="A key of `tiktoksales keys create`; also taken as X-Api-Key."
        )
        self.scheme_name = "key"
        self._gate, self._scopes = gate, scopes

    async def __call__(self, connection: HTTPConnection) -> Caller:
        """The caller, who is asked for once in a request (see KeyFirst). Raises NotAdmitted and DatabaseUnavailable."""
        admitted: dict[Needs, Caller] = connection.scope.setdefault(_ADMITTED, {})
        if self not in admitted:
            admitted[self] = await self._gate.admit(connection.headers, *self._scopes)
        return admitted[self]


def _caller(rights: KeyRights | None) -> Caller | None:
    return Caller.of(rights) if rights else None


def _key_in(headers: Mapping[str, str]) -> str | None:
    """What was shown as a key, be it one or not; None where nothing was."""
    authorization = headers.get("authorization")
    if authorization is None:
        return headers.get("x-api-key")
    scheme, _, credentials = authorization.partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else ""


def _unknown(headers: Mapping[str, str], open_doors: bool) -> str:
    if _key_in(headers) is not None:
        return "This key opens nothing: check that it was copied whole, and see `tiktoksales keys list`."
    why = why_not_from_here(headers) if open_doors else None
    if why is not None:
        return f"{why} Show a key: Authorization: Bearer KEY."
    return "Show a key: Authorization: Bearer KEY. `tiktoksales keys create` makes one."
