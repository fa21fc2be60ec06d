-- Only the source that a comment came from, or a verified one, takes it back.
update chat_messages as m set retracted_at = coalesce(m.retracted_at, now())
from unnest($1::uuid[], $2::text[], $3::boolean[]) as r (id, source, verified)
where m.id = r.id and m.kind = 'comment' and (r.verified or r.source = m.source)
returning m.id
