insert into chat_message_order_mapping (comment_id, order_id) select * from unnest($1::uuid[], $2::uuid[])
