-- What a streamer's ($1) orders since a time ($2) come to, by currency, the most first.
select currency, count(*) as orders, count(*) filter (where status = 'paid') as paid,
       coalesce(sum(amount_minor - refunded_minor) filter (where status in ('paid', 'refunded')), 0)::bigint as revenue,
       coalesce(sum(amount_minor) filter (where status in ('placed', 'awaiting_payment')), 0)::bigint as unpaid
from orders
where streamer = $1 and placed_at >= $2
group by currency
order by revenue desc, currency
