-- Takes stock, or nothing where there is not enough. The row stays locked until the order is committed.
update products set stock = stock - $2 where id = $1 and stock >= $2 returning stock
