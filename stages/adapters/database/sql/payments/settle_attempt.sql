update payment_attempts set status = $3, payment_id = $4, code = $5, ended_at = $6
where order_id = $1 and attempt = $2 and status = 'open'
