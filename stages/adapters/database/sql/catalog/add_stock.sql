update products set stock = stock + $2 where id = $1
