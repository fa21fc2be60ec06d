update waitlist
set claim = '{}', status = case when status = 'waiting' then 'cancelled' else status end, ended_at = coalesce(ended_at, now())
where buyer_id = any($1)
