-- A refund, and the pieces that it is about.
select r.status, r.restock, r.order_id, o.product_id, o.variant_id, o.quantity
from refunds as r join orders as o on o.id = r.order_id
where r.id = $1
