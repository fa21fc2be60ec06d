update outbox
set record = jsonb_set(record, '{viewer}', record -> 'viewer' || '{"client": "erased", "client_id": null}')
where comment_id = any($1) and record ? 'viewer'
