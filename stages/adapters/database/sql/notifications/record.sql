-- How a message ended. What is settled stays settled.
update payment_notifications
set status = $2, message_sid = $3, error_code = $4, sent_at = case when $2 = 'sent' then now() end
where id = $1 and status in ('claimed', 'uncertain')
