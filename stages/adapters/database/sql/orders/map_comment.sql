insert into chat_message_order_mapping (comment_id, order_id) values ($1, $2)
