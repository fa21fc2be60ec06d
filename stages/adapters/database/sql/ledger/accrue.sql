insert into commissions (
    id, order_id, streamer, comment_id, net_paid_minor, amount_minor, currency, basis_points, payable_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (order_id, kind, cause) do nothing
