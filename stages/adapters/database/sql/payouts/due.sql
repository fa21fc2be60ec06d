-- What the streamer's orders have earned and were not paid out for, the longest payable first. A disputed order waits.
select c.order_id, c.currency, sum(c.amount_minor) as amount
from commissions as c
join orders as o on o.id = c.order_id
where c.streamer = $1 and c.kind in ('accrued', 'corrected') and coalesce(c.payable_at, c.created_at) <= $2
  and o.disputed_at is null
  and not exists (select from payouts as p where p.order_id = c.order_id)
group by c.order_id, c.currency
having sum(c.amount_minor) > 0
order by min(coalesce(c.payable_at, c.created_at)), c.order_id
