-- Marks the comment that asks for a cancellation; nothing where it was carried out before.
update chat_messages set carried_out_at = $2 where id = $1 and carried_out_at is null returning id
