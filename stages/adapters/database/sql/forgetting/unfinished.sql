-- Orders of these buyers whose payment is being tried.
select order_number from orders where buyer_id = any($1) and status = 'placed'
union
select o.order_number
from orders as o
join payment_attempts as a on a.order_id = o.id
where o.buyer_id = any($1) and a.status = 'open'
order by order_number
