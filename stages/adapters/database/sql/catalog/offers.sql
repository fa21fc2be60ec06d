-- What a streamer offers: stock left, variants, and which pictures a model has described as they are now.
select p.sku, p.name, p.price_minor, p.currency, p.stock, p.aliases, p.images,
       coalesce(
           (select jsonb_agg(jsonb_build_object('name', v.name, 'code', v.code, 'price_minor', v.price_minor,
                                                'stock', v.stock) order by v.name)
            from product_variants as v where v.product_id = p.id),
           '[]'
       ) as variants,
       exists (
           select from product_embeddings as e where e.product_id = p.id and e.pictures = p.images
       ) as is_embedded
from products as p
where p.streamer = $1
order by p.sku
