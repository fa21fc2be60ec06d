-- It becomes payable with what it corrects.
insert into commissions (
    id, order_id, streamer, comment_id, net_paid_minor, amount_minor, currency, kind, cause, basis_points, payable_at
)
select $1, order_id, streamer, comment_id, $4, $5, currency, 'corrected', $3, basis_points, payable_at
from commissions
where order_id = $2 and kind = 'accrued'
on conflict (order_id, kind, cause) do nothing
