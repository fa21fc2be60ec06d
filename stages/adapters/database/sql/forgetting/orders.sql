select id from orders where buyer_id = any($1)
