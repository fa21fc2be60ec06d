-- The comments that a platform calls so; another platform, or another stream, may call another one the same.
select id, platform, streamer, kind, sent_at
from chat_messages
where message_id = $1::text
order by sent_at desc, id
limit 20
