-- What was decided takes the place of what the model held likeliest.
insert into product_matches (comment_id, product_id, product_name, score, frames)
values ($1, $2, $3, $4, $5)
on conflict (comment_id) do update
set product_id = excluded.product_id, product_name = excluded.product_name, score = excluded.score
