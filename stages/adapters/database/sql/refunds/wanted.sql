-- The refunds that were wanted before a moment and have not come about, the oldest first.
select id, order_id, payment_id, amount_minor, currency, status, provider_id, error, restock, created_at
from refunds
where status = 'wanted' and created_at <= $1
order by created_at
limit $2
