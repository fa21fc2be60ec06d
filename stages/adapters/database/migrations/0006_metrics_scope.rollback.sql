delete from api_keys where 'metrics' = any(scopes);
alter table api_keys drop constraint api_keys_scopes_check, drop constraint api_keys_check;
alter table api_keys
    add constraint api_keys_scopes_check check (scopes <> '{}' and scopes <@ '{ingest,orders,console,admin}'::text[]),
    add constraint api_keys_check check (streamer is null or not 'admin' = any(scopes));
