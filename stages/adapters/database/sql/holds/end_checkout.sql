update orders set checkout_ended_at = $2 where id = $1
