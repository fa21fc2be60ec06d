insert into streamers (handle, name, currency, phone, notify_by, view_delay_seconds)
values ($1, $2, $3, $4, $5, $6)
on conflict (handle) do update
set name = excluded.name, currency = excluded.currency, phone = excluded.phone, notify_by = excluded.notify_by,
    view_delay_seconds = excluded.view_delay_seconds
