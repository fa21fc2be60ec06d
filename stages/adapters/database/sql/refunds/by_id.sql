select id, order_id, payment_id, amount_minor, currency, status, provider_id, error, restock, created_at
from refunds
where id = $1
