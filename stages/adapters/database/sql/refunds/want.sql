insert into refunds (id, order_id, payment_id, amount_minor, currency, reason, restock, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (id) do nothing
