-- The buyer's id; made on the first order.
insert into buyers (id, platform, client_id, handle)
values ($1, $2, $3, $4)
on conflict (platform, client_id) do update set handle = excluded.handle
returning id
