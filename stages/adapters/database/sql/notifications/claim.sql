-- Claims the right to send messages, each on one channel until claimed_until; nothing where somebody claimed it before,
-- on this channel or on another that was not refused.
insert into payment_notifications (
    id, subject, order_id, buyer_id, streamer, recipient, channel, kind, body, template, record, status, claimed_until
)
select id, subject, order_id, buyer_id, streamer, recipient, channel, kind, body, template, record::jsonb, 'claimed',
       claimed_until
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[], $12::timestamptz[])
     as n (id, subject, order_id, buyer_id, streamer, recipient, channel, kind, body, template, record, claimed_until)
on conflict do nothing
returning id, created_at
