select id, status from orders where id = $1
