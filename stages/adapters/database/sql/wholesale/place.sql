insert into orders (
    id, order_number, comment_id, part, streamer, product_id, product_name, buyer_id, quantity, unit_price_minor,
    amount_minor, currency, status, placed_at, hold_until
)
select id, order_number, comment_id, 0, streamer, product_id, product_name, buyer_id, quantity, unit_price_minor,
       amount_minor, currency, 'placed', $11, $12
from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::uuid[], $8::int[],
            $9::bigint[], $10::bigint[], $13::text[])
     as o (id, order_number, comment_id, streamer, product_id, product_name, buyer_id, quantity, unit_price_minor,
           amount_minor, currency)
