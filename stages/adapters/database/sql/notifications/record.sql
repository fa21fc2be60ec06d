-- How messages ended. What is settled stays settled, also where the provider was faster and has told of message_sid.
update payment_notifications as n
set status = r.status, message_sid = coalesce(r.message_sid, n.message_sid), error_code = r.error_code,
    updated_at = now(), sent_at = case when r.status = 'sent' then now() end
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as r (id, status, message_sid, error_code)
where n.id = r.id and n.status in ('claimed', 'uncertain')
  and (r.message_sid is null or n.message_sid is distinct from r.message_sid)
