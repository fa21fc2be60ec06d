select comment_id from orders where order_number = $1
