-- How a message ended. What is settled stays settled, also where the provider was faster and has told of message $3.
update payment_notifications
set status = $2, message_sid = coalesce($3, message_sid), error_code = $4, updated_at = now(),
    sent_at = case when $2 = 'sent' then now() end
where id = $1 and status in ('claimed', 'uncertain') and ($3::text is null or message_sid is distinct from $3)
