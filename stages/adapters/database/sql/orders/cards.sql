-- The saved cards of orders' buyers; only where the comment that made the order was signed by a verified source, and
-- is that buyer's own, by what ingest wrote down of it: a record in a stream may say anything. A viewer without the
-- platform's id is not the one whose id their name happens to spell.
select o.id, b.stripe_customer, b.payment_method
from orders as o
join buyers as b on b.id = o.buyer_id
join chat_messages as m on m.id = o.comment_id
where o.id = any($1::uuid[]) and m.verified and m.platform = b.platform and coalesce(m.client_id, m.client) = b.client_id
  and (m.client_id is not null or b.handle = b.client_id)
