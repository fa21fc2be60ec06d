select distinct on (order_id) order_id, attempt, key, parameters, status, payment_id, code, created_at
from payment_attempts
where order_id = any($1::uuid[])
order by order_id, attempt desc
