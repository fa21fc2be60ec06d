insert into payouts (order_id, streamer, account, amount_minor, currency, created_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (order_id) do nothing
