-- What a streamer ($1) has earned since a time ($2), by currency; payouts take nothing away from it.
select currency, sum(amount_minor)::bigint as amount
from commissions
where streamer = $1 and created_at >= $2 and kind <> 'paid_out'
group by currency
