-- Up to $2 deliveries due at $1, the longest due first, at most $4 for an endpoint, none for those in $5; they are due
-- again at $3, should whoever takes them die.
with due as (
    select id, row_number() over (partition by endpoint_id order by due_at, id) as place, due_at
    from webhook_deliveries
    where status = 'waiting' and due_at <= $1 and endpoint_id <> all($5::uuid[])
), chosen as (
    select d.id from webhook_deliveries as d
    where d.status = 'waiting' and d.due_at <= $1
      and d.id in (select id from due where place <= $4 order by due_at, id limit $2)
    for update skip locked
)
update webhook_deliveries as d set attempts = d.attempts + 1, due_at = $3
from chosen, webhook_endpoints as e
where d.id = chosen.id and e.id = d.endpoint_id
returning d.id, d.endpoint_id, d.event_id, d.event, d.payload, d.attempts, e.url, e.secret
