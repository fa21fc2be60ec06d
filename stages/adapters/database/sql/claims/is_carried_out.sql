select carried_out_at is not null from chat_messages where id = $1 for no key update
