-- How far all comments came. The time from message to order counts from the entry's id, which is Redis' clock.
select
    (select count(*) from chat_messages where nlp_intent is not null) as intents,
    (select count(*) from product_matches where score > $1) as matched,
    (select count(*) from orders) as orders,
    (select count(*) from orders where status = 'paid') as paid,
    (select count(*) from payment_notifications
     where recipient = 'buyer' and kind in ('confirmed', 'pay_link') and status in ('sent', 'delivered', 'read'))
        as notified,
    (select count(*) from end_states) as ended,
    (select count(*) from end_states where outcome = 'dropped') as dropped,
    (select coalesce(jsonb_object_agg(reason, n), '{}')
     from (select reason, count(*) as n from end_states where outcome = 'dropped' group by reason) as r) as drops,
    (select coalesce(jsonb_object_agg(nlp_intent, n), '{}')
     from (select nlp_intent, count(*) as n from chat_messages where nlp_intent is not null group by nlp_intent) as i)
        as by_intent,
    (select percentile_disc(array[0.5, 0.99]) within group (
                order by extract(epoch from o.placed_at) * 1000 - split_part(m.seq, '-', 1)::bigint)
     from orders as o join chat_messages as m on m.id = o.comment_id) as latency_ms
