-- How often a message was handed to the provider; found as notifications/progress finds it.
select attempts from payment_notifications where id = $1 or ($1 is null and message_sid = $2)
