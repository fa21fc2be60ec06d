select id from orders where payment_id = $1
