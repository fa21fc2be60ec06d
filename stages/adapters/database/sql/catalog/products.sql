select p.id, p.sku, p.name, p.price_minor, p.currency, p.images, p.aliases, e.vectors, e.views,
       (select coalesce(jsonb_agg(jsonb_build_object(
                   'id', v.id, 'name', v.name, 'code', v.code, 'price_minor', v.price_minor, 'stock', v.stock)
                   order by v.name), '[]')
        from product_variants as v where v.product_id = p.id) as variants
from products as p
left join product_embeddings as e on e.product_id = p.id and e.model = $2 and e.pictures = p.images
where p.streamer = $1
order by p.sku
