update payment_notifications set body = '(erased)', record = null
where recipient = 'buyer' and (buyer_id = any($1) or order_id = any($2))
