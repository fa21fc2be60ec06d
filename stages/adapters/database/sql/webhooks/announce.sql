insert into webhook_deliveries (id, endpoint_id, event_id, event, payload)
select gen_random_uuid(), endpoint_id, $2, $3, $4 from unnest($1::uuid[]) as e (endpoint_id)
on conflict (endpoint_id, event_id) do nothing
