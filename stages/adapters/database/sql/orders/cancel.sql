-- Ends an unpaid order; with $4 only one whose hold has run out by then and that waits for its payment.
update orders as o set status = 'cancelled', cancelled_at = $2, cancelled_for = $3
from chat_messages as m
where o.id = $1 and m.id = o.comment_id
  and case when $4 then o.status = 'awaiting_payment' and o.hold_until <= $2
           else o.status in ('placed', 'awaiting_payment') end
returning o.id, o.order_number, o.comment_id, o.streamer, o.product_id, o.product_name, o.variant_id, o.buyer_id,
          o.quantity, o.amount_minor, o.currency, o.payment_url, m.seq
