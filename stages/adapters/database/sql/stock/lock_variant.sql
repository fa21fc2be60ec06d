select stock from product_variants where id = $2 and product_id = $1 for no key update
