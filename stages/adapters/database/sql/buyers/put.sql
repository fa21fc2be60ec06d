-- phone and email come sealed, with their blind indexes.
insert into buyers (id, platform, client_id, handle, phone, phone_index, email, email_index, channel, stripe_customer,
                    payment_method)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (platform, client_id) do update
set handle = excluded.handle, phone = excluded.phone, phone_index = excluded.phone_index, email = excluded.email,
    email_index = excluded.email_index, channel = excluded.channel, stripe_customer = excluded.stripe_customer,
    payment_method = excluded.payment_method
