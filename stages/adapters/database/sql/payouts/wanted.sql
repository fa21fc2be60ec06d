select p.order_id, o.order_number, p.streamer, p.account, p.amount_minor, p.currency, p.created_at
from payouts as p join orders as o on o.id = p.order_id
where p.status = 'wanted'
order by p.created_at
limit $1
