insert into buyers (id, platform, client_id, handle, phone, channel, stripe_customer, payment_method)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (platform, client_id) do update
set handle = excluded.handle, phone = excluded.phone, channel = excluded.channel,
    stripe_customer = excluded.stripe_customer, payment_method = excluded.payment_method
