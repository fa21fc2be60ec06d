insert into order_requests (key, digest, order_id) values ($1, $2, $3)
