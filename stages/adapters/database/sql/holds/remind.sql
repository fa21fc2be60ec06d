-- Orders whose hold ends by $2 and whose buyer was not told yet; marked as told.
update orders as o set reminded_at = $1
from chat_messages as m
where o.id in (
        select id from orders
        where status = 'awaiting_payment' and hold_until > $1 and hold_until <= $2 and reminded_at is null
        order by hold_until limit $3 for no key update skip locked)
  and m.id = o.comment_id
returning o.id, o.order_number, o.comment_id, o.streamer, o.product_name, o.buyer_id, o.quantity, o.amount_minor,
          o.currency, o.payment_url, m.seq
