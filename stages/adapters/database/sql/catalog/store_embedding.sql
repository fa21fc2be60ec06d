insert into product_embeddings (product_id, model, pictures, vectors, views)
values ($1, $2, $3, $4, $5)
on conflict (product_id, model) do update
set pictures = excluded.pictures, vectors = excluded.vectors, views = excluded.views
