insert into commissions (id, order_id, streamer, comment_id, net_paid_minor, amount_minor, currency)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (order_id) do nothing
