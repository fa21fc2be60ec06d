-- Returns the event's id where its payment has paid the order already and the event did not come before; else nothing.
insert into stripe_events (event_id, type)
select $1, $2 from orders where id = $3 and payment_id = $4 and status <> 'cancelled'
on conflict (event_id) do nothing
returning event_id
