select id, name, scopes, streamer, source, created_at, last_used_at, revoked_at
from api_keys
order by created_at, id
