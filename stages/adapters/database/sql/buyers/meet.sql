-- The buyer's id; made on the first order. Whoever comes without the platform's id is called by it: that is no new name.
insert into buyers (id, platform, client_id, handle)
values ($1, $2, $3, $4)
on conflict (platform, client_id) do update
set handle = case when excluded.handle = excluded.client_id then buyers.handle else excluded.handle end
returning id
