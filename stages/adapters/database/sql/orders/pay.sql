-- Moves an order forward to paid; none where it already is, or is past it.
update orders set status = 'paid', payment_id = $2, paid_at = $3
where id = $1 and status in ('placed', 'awaiting_payment', 'failed')
returning id, streamer, comment_id, amount_minor, currency
