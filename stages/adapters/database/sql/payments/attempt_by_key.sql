select order_id, attempt, created_at from payment_attempts where key = $1
