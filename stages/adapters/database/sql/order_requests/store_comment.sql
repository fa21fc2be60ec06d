-- The request as the comment that the order belongs to; nothing is returned where it is there already, which is
-- certain once whoever is writing it in this moment has committed.
insert into chat_messages (id, seq, streamer, client, platform, message, message_id, sent_at, source, verified, kind,
                           quantity, variant)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, false, 'order', $10, $11)
on conflict (id) do nothing
returning id
