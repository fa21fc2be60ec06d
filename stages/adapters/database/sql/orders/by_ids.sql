-- As orders/by_id, for several.
select o.id, o.order_number, o.comment_id, o.streamer, o.product_name, o.quantity, o.amount_minor, o.currency,
       o.status, o.payment_id, o.payment_url, m.seq, m.platform, m.client, m.client_id, m.verified
from orders as o
join chat_messages as m on m.id = o.comment_id
where o.id = any($1::uuid[])
