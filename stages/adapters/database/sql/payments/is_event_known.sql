select exists (select from stripe_events where event_id = $1)
