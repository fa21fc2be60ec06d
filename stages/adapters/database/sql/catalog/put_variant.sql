-- The stock of a variant that is there already stays, unless $7. Returns whether it was added.
insert into product_variants (id, product_id, name, code, price_minor, stock)
values ($1, $2, $3, $4, $5, $6)
on conflict (product_id, name) do update
set code = excluded.code, price_minor = excluded.price_minor,
    stock = case when $7 then excluded.stock else product_variants.stock end
returning xmax = 0
