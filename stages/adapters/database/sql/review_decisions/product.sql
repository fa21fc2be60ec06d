select p.id, p.sku, p.name, p.price_minor, p.currency,
       coalesce(
           (select jsonb_agg(jsonb_build_object('id', v.id, 'name', v.name, 'price_minor', v.price_minor))
            from product_variants as v where v.product_id = p.id),
           '[]'
       ) as variants
from products as p
where p.streamer = $1 and lower(p.sku) = lower($2)
order by (p.sku = $2) desc
limit 1
