-- Orders, the newest first: of a streamer ($1), in a status ($2), since a time ($3), of one number ($4); null: all.
select o.order_number, o.placed_at, o.status, o.streamer, p.sku, o.product_name, o.variant, o.quantity,
       o.amount_minor, o.refunded_minor, o.currency, o.paid_at, o.cancelled_at, o.cancelled_for, o.hold_until,
       o.disputed_at, o.payment_id, o.payment_url, o.comment_id, m.message, m.source, b.handle as buyer, b.platform,
       b.client_id, b.phone, b.email
from orders as o
join products as p on p.id = o.product_id
join buyers as b on b.id = o.buyer_id
join chat_messages as m on m.id = o.comment_id
where ($1::text is null or o.streamer = $1)
  and ($2::text is null or o.status = $2)
  and ($3::timestamptz is null or o.placed_at >= $3)
  and ($4::text is null or o.order_number = $4)
order by o.placed_at desc, o.order_number desc
limit $5
