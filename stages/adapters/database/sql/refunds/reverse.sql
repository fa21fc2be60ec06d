update refunds set status = 'refused', error = $2
where id = $1 and status = 'done'
returning payment_id, amount_minor
