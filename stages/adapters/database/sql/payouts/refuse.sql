update payouts set status = 'refused', error = $2 where order_id = $1 and status = 'wanted'
