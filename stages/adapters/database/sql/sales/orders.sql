-- The orders placed since $1, by status and currency, with what was paid for them and not given back.
select status, currency, count(*) as orders,
       sum(case when status in ('paid', 'refunded') then amount_minor - refunded_minor else 0 end)::bigint as net_minor
from orders
where status = any('{placed,awaiting_payment,paid,failed,cancelled,refunded}') and placed_at >= $1
group by status, currency
