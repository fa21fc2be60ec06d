select p.id, p.sku, p.name, p.price_minor, p.currency, p.images, p.aliases, e.vectors, e.views
from products as p
left join product_embeddings as e on e.product_id = p.id and e.model = $2 and e.pictures = p.images
where p.streamer = $1
order by p.sku
