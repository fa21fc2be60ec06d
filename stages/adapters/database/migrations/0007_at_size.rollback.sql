drop index waitlist_buyer_id;
create index waitlist_buyer_id on waitlist (buyer_id) where status = 'waiting';
drop index buyers_handle, chat_messages_client_id, end_states_seq, outbox_comment_id,
    payment_notifications_buyer_id, webhook_deliveries_created_at, webhook_deliveries_open, webhook_deliveries_order,
    whatsapp_recipients_recipient;
