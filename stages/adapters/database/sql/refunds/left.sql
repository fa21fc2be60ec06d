-- What of an order's own payment is neither given back nor about to be.
select o.amount_minor - o.refunded_minor - coalesce((
           select sum(r.amount_minor) from refunds as r
           where r.order_id = o.id and r.payment_id = o.payment_id and r.status = 'wanted'), 0)
from orders as o
where o.id = $1
