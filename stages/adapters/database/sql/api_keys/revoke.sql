-- Returns its id; nothing where there is none, or it is revoked.
update api_keys set revoked_at = $2 where id = $1 and revoked_at is null returning id
