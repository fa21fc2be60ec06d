insert into api_keys (id, secret_hash, name, scopes, streamer, source, created_at) values ($1, $2, $3, $4, $5, $6, $7)
