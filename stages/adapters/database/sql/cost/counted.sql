-- What happened since $1: comments taken in, orders placed, messages that a provider took, and how large the database is.
select (select count(*) from chat_messages where received_at >= $1) as comments,
       (select count(*) from orders where placed_at >= $1) as orders,
       (select count(*) from refunds where status = 'done' and done_at >= $1) as refunds,
       (select count(*) from payment_notifications
         where channel = 'whatsapp' and status in ('sent', 'delivered', 'read') and created_at >= $1) as whatsapp,
       (select count(*) from payment_notifications
         where channel = 'sms' and status in ('sent', 'delivered', 'read') and created_at >= $1) as sms,
       pg_database_size(current_database()) as database_bytes
