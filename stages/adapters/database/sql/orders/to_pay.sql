-- As orders/by_ids, with the saved cards of the orders' buyers; these only where the comment that made the order was
-- signed by a verified source, and is that buyer's own, by what ingest wrote down of it: a record in a stream may say
-- anything. A viewer without the platform's id is not the one whose id their name happens to spell.
select o.id, o.order_number, o.comment_id, o.streamer, o.product_name, o.quantity, o.amount_minor, o.currency,
       o.status, o.payment_id, o.payment_url, m.seq, m.platform, m.client, m.client_id, m.verified,
       b.stripe_customer, b.payment_method
from orders as o
join chat_messages as m on m.id = o.comment_id
left join buyers as b
    on b.id = o.buyer_id
    and m.verified and m.platform = b.platform and coalesce(m.client_id, m.client) = b.client_id
    and (m.client_id is not null or b.handle = b.client_id)
where o.id = any($1::uuid[])
