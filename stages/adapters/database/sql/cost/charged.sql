-- The orders paid since $1, by currency, with what was charged for them.
select currency, count(*) as charges, sum(amount_minor)::bigint as charged_minor
from orders
where paid_at >= $1
group by currency
order by currency
