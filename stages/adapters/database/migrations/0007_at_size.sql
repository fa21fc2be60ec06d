-- What was found by a scan, and is found by an index: at ten million comments and a million orders (see benchmarks.database).
create index buyers_handle on buyers (handle);
create index chat_messages_client_id on chat_messages (client_id);
create index end_states_seq on end_states (seq);
create index outbox_comment_id on outbox (comment_id);
create index payment_notifications_buyer_id on payment_notifications (buyer_id);
create index webhook_deliveries_created_at on webhook_deliveries (created_at);
create index webhook_deliveries_open on webhook_deliveries (status, created_at) where status in ('waiting', 'dead');
create index webhook_deliveries_order on webhook_deliveries ((payload #>> '{order,id}'));
create index whatsapp_recipients_recipient on whatsapp_recipients (recipient);
-- Also of those who wait no more: what a viewer has claimed is asked whatever became of it.
drop index waitlist_buyer_id;
create index waitlist_buyer_id on waitlist (buyer_id);
