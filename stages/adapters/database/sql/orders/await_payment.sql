update orders set status = 'awaiting_payment', checkout_session = $2, payment_url = $3
where id = $1 and status in ('placed', 'awaiting_payment')
