update product_variants set stock = stock + $2::int where id = $1
