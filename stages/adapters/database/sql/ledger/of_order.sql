-- What is booked for an order, and the rate. Rows from before rates were kept have the streamer's.
select c.currency, coalesce(c.basis_points, s.commission_basis_points) as rate, sums.booked
from commissions as c
join streamers as s on s.handle = c.streamer
cross join lateral (
    select sum(amount_minor) as booked from commissions where order_id = $1 and kind in ('accrued', 'corrected')
) as sums
where c.order_id = $1 and c.kind = 'accrued'
