-- A payout counts as payable from the first: it takes away from what may still be paid out.
select currency, sum(amount_minor) as balance,
       coalesce(sum(amount_minor) filter (
           where kind = 'paid_out' or coalesce(payable_at, created_at) <= $2), 0) as payable,
       coalesce(-sum(amount_minor) filter (where kind = 'paid_out'), 0) as paid_out
from commissions
where streamer = $1
group by currency
order by currency
