-- Returns the event's id the first time, nothing when it came before.
insert into stripe_events (event_id, type) values ($1, $2)
on conflict (event_id) do nothing
returning event_id
