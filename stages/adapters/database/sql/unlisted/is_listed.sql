-- Whether a product of the streamer is called by this code, or nobody registered the streamer. The streamer's row is
-- locked against whoever adds a product.
select exists (
    select from products as p
    left join product_variants as v on v.product_id = p.id
    where p.streamer = $1
      and $2 in (select bare_code(code) from unnest(p.aliases || p.sku || v.code) as code))
