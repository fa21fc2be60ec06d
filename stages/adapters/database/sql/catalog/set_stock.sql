update products set stock = $2 where id = $1
