select id, secret_hash, name, scopes, streamer, source from api_keys where revoked_at is null
