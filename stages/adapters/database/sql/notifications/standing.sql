-- The message that is under way or went, on whatever channel; else the one that was refused on channel $4.
select id, status, channel, template, attempts, message_sid, claimed_until, created_at
from payment_notifications
where subject = $1 and recipient = $2 and kind = $3 and (status <> 'undeliverable' or channel = $4)
order by status = 'undeliverable'
limit 1
