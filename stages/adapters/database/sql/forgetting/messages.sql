update payment_notifications set body = '(erased)'
where recipient = 'buyer' and (buyer_id = any($1) or order_id = any($2))
