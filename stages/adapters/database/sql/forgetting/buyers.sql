select id, stripe_customer from buyers where platform = $1 and client_id = any($2) order by id for update
