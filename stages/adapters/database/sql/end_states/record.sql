-- Where a comment ends more than once (a pay link, and later its payment), the later end stands, and the way there
-- grows.
insert into end_states as e (comment_id, seq, stage, outcome, reason, hops, ended_at)
select comment_id, seq, stage, outcome, reason, hops::jsonb, ended_at
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
     as s (comment_id, seq, stage, outcome, reason, hops, ended_at)
on conflict (comment_id, seq) do update
set stage = excluded.stage, outcome = excluded.outcome, reason = excluded.reason,
    hops = case when e.ended_at < excluded.ended_at then e.hops || excluded.hops else e.hops end,
    ended_at = excluded.ended_at
where e.ended_at < excluded.ended_at
