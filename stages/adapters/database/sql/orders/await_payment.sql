-- The first pay link stands: its buyer may have it already, and whoever comes late with another was overtaken. That of
-- an order that was cancelled meanwhile is kept too, so that it is ended at the provider.
update orders as o
set status = case o.status when 'placed' then 'awaiting_payment' else o.status end,
    checkout_session = l.session, payment_url = l.url
from unnest($1::uuid[], $2::text[], $3::text[]) as l (id, session, url)
where o.id = l.id and (o.status = 'placed' or (o.status = 'cancelled' and o.checkout_session is null))
