-- Pay links of cancelled orders that may still be paid.
select id, checkout_session
from orders
where status = 'cancelled' and checkout_session is not null and checkout_ended_at is null
order by cancelled_at
limit $1
