-- The saved card of an order's buyer.
select b.stripe_customer, b.payment_method
from orders as o join buyers as b on b.id = o.buyer_id
where o.id = $1
