-- Only by whoever took it last.
update webhook_deliveries set status = 'delivered', delivered_at = $3, error = null
where id = $1 and attempts = $2 and status = 'waiting'
