-- As payments/settle_attempt, for several.
update payment_attempts as a set status = s.status, payment_id = s.payment_id, code = s.code, ended_at = s.ended_at
from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
     as s (order_id, attempt, status, payment_id, code, ended_at)
where a.order_id = s.order_id and a.attempt = s.attempt and a.status = 'open'
