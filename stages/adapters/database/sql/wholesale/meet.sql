-- Makes the buyers known who weren't, as buyers/meet does; each comes once, in the order of ids.
insert into buyers (id, platform, client_id, handle)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as b (id, platform, client_id, handle)
on conflict (platform, client_id) do update
set handle = case when excluded.handle = excluded.client_id then buyers.handle else excluded.handle end
