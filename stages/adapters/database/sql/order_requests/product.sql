-- A product of a streamer by its id or its sku, and the variant called $4; no row where the streamer doesn't sell it.
select p.id, p.sku, p.name, p.currency, coalesce(v.price_minor, p.price_minor) as price_minor, v.id as variant_id,
       v.name as variant, exists (select from product_variants where product_id = p.id) as has_variants
from products as p
left join product_variants as v on v.product_id = p.id and lower(v.name) = lower($4::text)
where p.streamer = $1 and (p.id = $2::uuid or p.sku = $3)
order by (p.id = $2::uuid) desc nulls last
limit 1
