select r.amount_minor, r.currency, o.id, o.order_number, o.comment_id, o.streamer, o.buyer_id,
       o.product_name, o.quantity, null as payment_url, m.seq
from refunds as r
join orders as o on o.id = r.order_id
join chat_messages as m on m.id = o.comment_id
where r.id = $1
