-- Claims the right to send one message on one channel until $12; nothing where somebody claimed it before, on this
-- channel or on another that was not refused.
insert into payment_notifications (
    id, subject, order_id, buyer_id, streamer, recipient, channel, kind, body, template, record, status, claimed_until
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'claimed', $12)
on conflict do nothing
returning created_at
