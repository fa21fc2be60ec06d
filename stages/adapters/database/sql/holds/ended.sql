-- Orders whose hold has run out unpaid, longest first.
select id, checkout_session
from orders
where status = 'awaiting_payment' and hold_until <= $1
order by hold_until, id
limit $2
