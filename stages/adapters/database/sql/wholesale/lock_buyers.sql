-- What stands against the buyers that are known, and what they hold unpaid under each streamer. Who is locked by
-- somebody else is waited for by nobody here: `is_free` tells who was not.
with free as (
    select id, blocked_at is not null as blocked,
           stripe_customer is not null and payment_method is not null as has_card
    from buyers
    where id = any($1::uuid[])
    order by id
    for no key update skip locked
)
select b.id, f.id is not null as is_free, coalesce(f.blocked, false) as blocked, coalesce(f.has_card, false) as has_card,
       (select jsonb_object_agg(u.streamer, u.pieces)
        from (select streamer, sum(quantity) as pieces from orders
              where buyer_id = b.id and status in ('placed', 'awaiting_payment') group by streamer) as u) as unpaid
from buyers as b
left join free as f on f.id = b.id
where b.id = any($1::uuid[])
