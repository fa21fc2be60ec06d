-- The product's row stays locked until the transaction ends: it serialises all that moves its stock.
select stock, buyer_limit, exists (select from product_variants where product_id = $1) as has_variants
from products
where id = $1
for no key update
