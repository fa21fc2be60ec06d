-- The first pay link stands: its buyer may have it already, and whoever comes late with another was overtaken. That of
-- an order that was cancelled meanwhile is kept too, so that it is ended at the provider.
update orders
set status = case status when 'placed' then 'awaiting_payment' else status end, checkout_session = $2, payment_url = $3
where id = $1 and (status = 'placed' or (status = 'cancelled' and checkout_session is null))
