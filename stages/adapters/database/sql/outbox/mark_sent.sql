update outbox set sent_at = now() where id = any($1::bigint[])
