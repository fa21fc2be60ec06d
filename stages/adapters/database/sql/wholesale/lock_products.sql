-- The stock of products, in the order in which all who lock several do it; those that are sold in variants or that
-- limit what one buyer may have are left out.
select id, stock
from products
where id = any($1::uuid[]) and buyer_limit is null
  and not exists (select from product_variants where product_id = products.id)
order by id
for no key update
