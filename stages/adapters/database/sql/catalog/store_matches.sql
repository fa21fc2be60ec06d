insert into product_matches (comment_id, product_id, product_name, score, frames)
select comment_id, product_id, product_name, score, array(select jsonb_array_elements_text(frames::jsonb))
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::real[], $5::text[])
     as m (comment_id, product_id, product_name, score, frames)
on conflict (comment_id) do nothing
