-- The endpoints that want to hear of an event of an order.
select e.id
from webhook_endpoints as e join orders as o on o.id = $2
where e.removed_at is null
  and (e.events = '{}' or $1 = any(e.events))
  and (e.streamer is null or e.streamer = o.streamer)
