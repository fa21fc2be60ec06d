-- Moves a message forward to status $3 (and never back), found by our id $1, or by the provider's $2; with `again_at`
-- it is to be sent once more. Nothing where there is no such message, or it is as far or further. A message that is sent
-- anew keeps the id of the one that failed, of which nothing more is to be heard, until there is a new one.
update payment_notifications as n
set status = $3, message_sid = $2, error_code = $4, updated_at = $5,
    claimed_until = coalesce($6, claimed_until),
    sent_at = coalesce(n.sent_at, case when $3 in ('sent', 'delivered', 'read') then $5::timestamptz end)
where n.channel in ('whatsapp', 'sms')
  and (n.id = $1 or ($1 is null and n.message_sid = $2))
  and case n.status
          when 'claimed' then n.message_sid is distinct from $2
          when 'uncertain' then n.message_sid is null or n.message_sid = $2
          when 'sent' then n.message_sid = $2 and $3 <> 'sent'
          when 'delivered' then n.message_sid = $2 and $3 = 'read'
          else false
      end
returning n.id, n.order_id, n.buyer_id, n.streamer, n.recipient, n.channel, n.kind, n.attempts, n.record
