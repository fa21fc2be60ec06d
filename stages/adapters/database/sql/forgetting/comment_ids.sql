select id from chat_messages
where platform = $1 and (client_id = any($2) or (client_id is null and client = any($2)))
