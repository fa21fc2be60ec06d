-- An order as others are told of it: nothing by which its buyer could be reached.
select o.id, o.order_number, o.status, o.streamer, o.product_id, p.sku, o.product_name, o.variant, o.quantity,
       o.amount_minor, o.refunded_minor, o.currency, o.placed_at, o.paid_at, o.cancelled_at, o.cancelled_for,
       o.comment_id, b.handle as buyer, b.platform
from orders as o
join products as p on p.id = o.product_id
join buyers as b on b.id = o.buyer_id
where o.id = $1
