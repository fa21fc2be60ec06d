update refunds set status = 'done', provider_id = $2, done_at = $3
where id = $1 and status = 'wanted'
returning payment_id, amount_minor, restock
