-- What is stored of these comments.
select id, seq, streamer, client, message
from chat_messages
where id = any($1::uuid[])
