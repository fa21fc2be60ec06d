-- A delivery begins anew, whatever became of it, where its endpoint still listens.
update webhook_deliveries as d set status = 'waiting', attempts = 0, due_at = $2, error = null, delivered_at = null
from webhook_endpoints as e
where d.id = $1 and e.id = d.endpoint_id and e.removed_at is null
returning d.id
