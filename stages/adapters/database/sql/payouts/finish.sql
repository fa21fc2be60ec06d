update payouts set status = 'done', transfer_id = $2, done_at = $3 where order_id = $1 and status = 'wanted'
returning amount_minor
