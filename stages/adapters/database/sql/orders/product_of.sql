select product_id from orders where id = $1
