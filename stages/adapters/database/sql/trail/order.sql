-- The comment's first order, with what the ledger says of it now.
select o.id, o.order_number, o.status, o.quantity, o.amount_minor, o.currency, o.placed_at, o.paid_at, o.payment_id,
       o.payment_url,
       (select sum(c.amount_minor) from commissions as c where c.order_id = o.id and c.kind <> 'paid_out')::bigint
           as commission_minor
from orders as o
where o.comment_id = $1
order by o.part
limit 1
