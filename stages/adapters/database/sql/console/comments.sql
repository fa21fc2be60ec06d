-- A streamer's newest comments and pins, as they came in, each with what became of it so far.
select m.id, m.kind, m.client, m.platform, m.message, m.sent_at, m.nlp_intent, m.nlp_score, m.retracted_at,
       o.order_number, o.status as order_status, r.status as review, e.outcome, e.reason
from (
    select id, seq_rank, kind, client, platform, message, sent_at, nlp_intent, nlp_score, retracted_at
    from chat_messages
    where streamer = $1 and kind in ('comment', 'pin')
    order by seq_rank desc
    limit $2
) as m
left join lateral (select order_number, status from orders where comment_id = m.id order by part limit 1) as o on true
left join match_reviews as r on r.comment_id = m.id
left join lateral (
    select outcome, reason from end_states where comment_id = m.id order by ended_at desc limit 1
) as e on true
order by m.seq_rank desc
