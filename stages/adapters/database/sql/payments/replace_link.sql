update orders as o set checkout_session = $3, payment_url = $4
from chat_messages as m
where o.id = $1 and o.checkout_session = $2 and o.status = 'awaiting_payment' and m.id = o.comment_id
returning o.id, o.order_number, o.comment_id, o.streamer, o.buyer_id, o.product_name, o.quantity, o.amount_minor, o.currency,
          o.payment_url, m.seq
