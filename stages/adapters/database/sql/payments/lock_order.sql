select id, order_number, status, payment_id, amount_minor, refunded_minor, currency, cancelled_at
from orders
where id = $1
for no key update
