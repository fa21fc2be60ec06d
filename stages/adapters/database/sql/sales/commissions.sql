-- What streamers earn by the orders placed since $1 (payouts are no earnings), by currency.
select c.currency, sum(c.amount_minor)::bigint as earned_minor
from orders as o join commissions as c on c.order_id = o.id
where o.status = any('{paid,refunded}') and o.placed_at >= $1 and c.kind <> 'paid_out'
group by c.currency
