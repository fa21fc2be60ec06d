-- The first pay link stands: its buyer may have it already, and whoever comes late with another was overtaken.
update orders set status = 'awaiting_payment', checkout_session = $2, payment_url = $3
where id = $1 and status = 'placed'
