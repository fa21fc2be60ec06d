update products set stock = stock + $2::int where id = $1
