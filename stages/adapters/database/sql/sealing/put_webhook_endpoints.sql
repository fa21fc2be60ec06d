update webhook_endpoints as e set secret = n.secret from unnest($1::uuid[], $2::text[]) as n (id, secret)
where e.id = n.id
