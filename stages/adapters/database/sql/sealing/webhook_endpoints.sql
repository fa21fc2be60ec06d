-- Up to $2 endpoints behind $1.
select id, secret from webhook_endpoints where id > $1 order by id limit $2 for update
