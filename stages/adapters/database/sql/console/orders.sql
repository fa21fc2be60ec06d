-- A streamer's newest orders.
select o.order_number, o.placed_at, o.status, o.product_name, o.variant, o.quantity, o.amount_minor, o.refunded_minor,
       o.currency, o.cancelled_for, o.hold_until, o.disputed_at, o.comment_id, m.client, m.platform
from orders as o
join chat_messages as m on m.id = o.comment_id
where o.streamer = $1
order by o.placed_at desc, o.order_number desc
limit $2
