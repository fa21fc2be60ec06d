-- Orders that stand still although their comment has come to its end: not paid and without a pay link, or without a
-- settled message to buyer or streamer of the kind that fits ($4 for a paid order, $5 for one with a pay link).
select o.id, o.order_number, o.comment_id, o.streamer, o.product_name, o.quantity, o.amount_minor, o.currency,
       o.status, o.payment_id, o.payment_url, m.seq, m.platform, m.client, m.client_id, m.verified, m.seq_rank
from orders as o
join chat_messages as m on m.id = o.comment_id
where m.seq_rank > $1 and m.seq_rank < $2 and ($3::text is null or o.streamer = $3)
  and exists (select from end_states as e where e.comment_id = m.id and e.seq = m.seq)
  and (o.status = 'placed'
       or (o.status in ('paid', 'awaiting_payment')
           and 2 > (select count(distinct n.recipient)
                    from payment_notifications as n
                    where n.order_id = o.id and n.kind = case o.status when 'paid' then $4 else $5 end
                      and n.recipient in ('buyer', 'streamer') and n.status <> 'claimed')))
order by m.seq_rank, m.id
limit $6
