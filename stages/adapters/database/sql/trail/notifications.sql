select recipient, channel, kind, status, message_sid, error_code, created_at, sent_at
from payment_notifications
where order_id = $1
order by created_at, recipient
