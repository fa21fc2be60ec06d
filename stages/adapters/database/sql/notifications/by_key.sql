select id, status, channel, body, message_sid, error_code, claimed_until, created_at
from payment_notifications
where order_id = $1 and recipient = $2 and kind = $3
