select platform, client_id, handle, blocked_at from buyers
where handle = $1 and ($2::text is null or platform = $2) and erased_at is null
order by platform, client_id
