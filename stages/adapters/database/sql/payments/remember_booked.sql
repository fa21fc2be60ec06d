-- Remembers an event whose payment has paid its order already: whether it came for the first time; else, where the order
-- isn't paid by it yet, when the attempt that made the payment began.
with booked as (
    select id from orders where id = $3 and payment_id = $4 and status <> 'cancelled'
), remembered as (
    insert into stripe_events (event_id, type)
    select $1, $2 from booked
    on conflict (event_id) do nothing
    returning event_id
)
select exists (select from remembered) as is_remembered,
       (select created_at from payment_attempts
        where order_id = $3 and key = $5 and not exists (select from booked)) as attempt_made_at
