select created_at from payment_attempts where order_id = $1 and key = $2
