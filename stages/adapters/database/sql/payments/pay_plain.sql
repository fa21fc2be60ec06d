-- Moves orders forward to paid whose payment is not being given back, and that no other worker has locked; with the
-- rate of their streamer's commission.
with plain as (
    select o.id, p.payment_id, p.paid_at
    from orders as o
    join unnest($1::uuid[], $2::text[], $3::timestamptz[]) as p (id, payment_id, paid_at) on p.id = o.id
    where o.status in ('placed', 'awaiting_payment')
      and not exists (select from refunds as r where r.order_id = o.id and r.payment_id = p.payment_id)
    order by o.id
    for no key update of o skip locked
)
update orders as o set status = 'paid', payment_id = plain.payment_id, paid_at = plain.paid_at
from plain, streamers as s
where o.id = plain.id and s.handle = o.streamer
returning o.id, o.payment_id, o.paid_at, o.streamer, o.comment_id, o.amount_minor, o.currency, s.commission_basis_points as rate
