select o.id, o.order_number, o.status, o.quantity, o.amount_minor, o.currency, o.placed_at, o.paid_at, o.payment_id,
       o.payment_url, c.amount_minor as commission_minor
from orders as o
left join commissions as c on c.order_id = o.id
where o.comment_id = $1
