select id from orders where checkout_session = $1
