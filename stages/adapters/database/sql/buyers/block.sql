-- Blocks ($3 is when) or, with null, lets in again; also a viewer who has never bought.
insert into buyers (id, platform, client_id, handle, blocked_at)
values ($4, $1, $2, $2, $3)
on conflict (platform, client_id) do update
set blocked_at = case when excluded.blocked_at is null then null else coalesce(buyers.blocked_at, excluded.blocked_at) end
