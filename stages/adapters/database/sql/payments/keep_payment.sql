update orders set payment_id = $2 where id = $1 and payment_id is null
