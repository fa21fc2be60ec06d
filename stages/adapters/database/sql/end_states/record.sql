-- Where a comment ends more than once (a pay link, and later its payment; a dead letter that was sent back), the later
-- end stands, and the way there grows by the hops that are new: what was sent back brings the earlier ones along. The
-- hop at which it was rejected keeps why.
insert into end_states as e (comment_id, seq, stage, outcome, reason, hops, ended_at)
select comment_id, seq, stage, outcome, reason, hops::jsonb, ended_at
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
     as s (comment_id, seq, stage, outcome, reason, hops, ended_at)
on conflict (comment_id, seq) do update
set stage = excluded.stage, outcome = excluded.outcome, reason = excluded.reason,
    hops = case when e.outcome = 'rejected' then jsonb_set(e.hops, '{-1,3,rejected}', to_jsonb(e.reason)) else e.hops end
        || coalesce(
            (select jsonb_agg(hop order by n)
             from jsonb_array_elements(excluded.hops) with ordinality as came (hop, n)
             where hop not in (select jsonb_array_elements(e.hops))),
            '[]'
        ),
    ended_at = excluded.ended_at
where e.ended_at < excluded.ended_at
