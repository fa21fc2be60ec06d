-- Due again at $4, or dead where that is null. Only by whoever took it last.
update webhook_deliveries
set status = case when $4::timestamptz is null then 'dead' else 'waiting' end, due_at = coalesce($4, due_at), error = $3
where id = $1 and attempts = $2 and status = 'waiting'
