select id, status, payment_id, amount_minor, currency from orders where order_number = $1
