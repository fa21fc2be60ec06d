select order_id, attempt, key, parameters, status, payment_id, code, created_at
from payment_attempts
where order_id = $1 and attempt = $2
