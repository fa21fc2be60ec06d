-- Claims the right to send one message until $7; nothing where somebody claimed it before.
insert into payment_notifications (id, order_id, recipient, channel, kind, body, status, claimed_until)
values ($1, $2, $3, $4, $5, $6, 'claimed', $7)
on conflict (order_id, recipient, kind) do nothing
returning id, created_at
