insert into commissions (
    id, order_id, streamer, comment_id, net_paid_minor, amount_minor, currency, basis_points, payable_at
)
select *
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::bigint[], $6::bigint[], $7::text[], $8::int[],
            $9::timestamptz[])
     as c (id, order_id, streamer, comment_id, net_paid_minor, amount_minor, currency, basis_points, payable_at)
on conflict (order_id, kind, cause) do nothing
