select c.order_id, o.order_number, c.comment_id, o.product_name, c.kind, c.cause, c.net_paid_minor, c.amount_minor,
       c.currency, c.created_at, coalesce(c.payable_at, c.created_at) as payable_at
from commissions as c
join orders as o on o.id = c.order_id
where c.streamer = $1
order by c.created_at, c.order_id, c.kind
