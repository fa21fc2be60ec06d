insert into orders (
    id, order_number, comment_id, part, streamer, product_id, product_name, variant_id, variant, buyer_id, quantity,
    unit_price_minor, amount_minor, currency, status, placed_at, hold_until
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'placed', $15, $16)
