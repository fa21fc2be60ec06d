-- Opens attempts; those that stand already are left as they are, and not returned.
insert into payment_attempts (order_id, attempt, key, parameters, created_at)
select order_id, attempt, key, parameters::jsonb, created_at
from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[])
     as a (order_id, attempt, key, parameters, created_at)
on conflict do nothing
returning order_id, attempt, key, parameters, status, payment_id, code, created_at
