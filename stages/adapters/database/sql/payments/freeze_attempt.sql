insert into payment_attempts (order_id, attempt, key, parameters, created_at)
values ($1, $2, $3, $4, $5)
on conflict do nothing
returning order_id, attempt, key, parameters, status, payment_id, code, created_at
