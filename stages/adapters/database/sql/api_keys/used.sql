-- Several processes may tell of the same use: one write a minute is enough.
update api_keys set last_used_at = $2
where id = $1 and (last_used_at is null or last_used_at <= $2::timestamptz - interval '1 minute')
