-- A comment's place is given up; returns it, and what is needed to tell.
update waitlist as w set status = 'cancelled', ended_at = $2
from chat_messages as m
where w.comment_id = $1 and w.status = 'waiting' and m.id = w.comment_id
returning w.id, w.comment_id, w.streamer, w.product_id, w.buyer_id, w.quantity, m.seq,
          w.claim ->> 'product_name' as product_name
