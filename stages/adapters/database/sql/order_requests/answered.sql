-- The order that a request made, and what it was asked for.
select r.digest, o.id, o.order_number, o.product_name, o.amount_minor, o.currency, o.quantity, o.variant
from order_requests as r join orders as o on o.id = r.order_id
where r.key = $1
