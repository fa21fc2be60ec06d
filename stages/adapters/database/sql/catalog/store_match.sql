insert into product_matches (comment_id, product_id, product_name, score, frames)
values ($1, $2, $3, $4, $5)
on conflict (comment_id) do nothing
