select e.id, e.url, e.events, e.streamer, e.created_at,
       count(*) filter (where d.status = 'waiting') as waiting, count(*) filter (where d.status = 'dead') as dead
from webhook_endpoints as e left join webhook_deliveries as d on d.endpoint_id = e.id and d.status in ('waiting', 'dead')
where e.removed_at is null
group by e.id
order by e.created_at, e.id
