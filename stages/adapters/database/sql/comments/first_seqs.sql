-- Under which seq each comment was stored first.
select id, seq from chat_messages where id = any($1::uuid[])
