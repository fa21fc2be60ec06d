insert into orders (
    id, order_number, comment_id, streamer, product_id, product_name, buyer_id, quantity, unit_price_minor,
    amount_minor, currency, status, placed_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'placed', $12)
