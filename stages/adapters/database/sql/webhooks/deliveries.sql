select d.id, d.event_id, d.event, d.status, d.attempts, d.due_at, d.error, d.created_at, d.delivered_at, e.url
from webhook_deliveries as d join webhook_endpoints as e on e.id = d.endpoint_id
where $1::text is null or d.status = $1
order by d.created_at desc, d.id
limit $2
