-- What they wrote, and under which name: replaced. Which comment it was, and what it led to, stays.
update chat_messages
set client = 'erased', client_id = null, message = '(erased)', message_id = null, frame_urls = default
where platform = $1 and (client_id = any($2) or (client_id is null and client = any($2)))
returning id
