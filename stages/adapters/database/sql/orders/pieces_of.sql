select product_id, variant_id, quantity from orders where id = $1
