-- From message to order, in milliseconds: the median and the 99th percentile of a streamer's ($1) newest 500 orders since
-- a time ($2). It counts from the entry's id, which is Redis' clock; orders that waited for a free piece, for a code or
-- for a decision don't count.
select percentile_disc(array[0.5, 0.99]) within group (
           order by extract(epoch from o.placed_at) * 1000 - split_part(m.seq, '-', 1)::bigint)::float8[] as ms
from (
    select comment_id, placed_at, part
    from orders
    where streamer = $1 and placed_at >= $2
    order by placed_at desc
    limit 500
) as o
join chat_messages as m on m.id = o.comment_id
where o.part = 0 and m.kind = 'comment'
  and not exists (select from match_reviews as r where r.comment_id = o.comment_id)
  and not exists (select from waitlist as w where w.comment_id = o.comment_id)
  and not exists (select from unlisted_claims as u where u.comment_id = o.comment_id)
