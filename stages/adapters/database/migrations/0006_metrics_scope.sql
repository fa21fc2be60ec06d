-- Prometheus shows a key of its own at the doors.
alter table api_keys drop constraint api_keys_scopes_check, drop constraint api_keys_check;
alter table api_keys
    add constraint api_keys_scopes_check
        check (scopes <> '{}' and scopes <@ '{ingest,orders,console,metrics,admin}'::text[]),
    -- What is of all streamers is not for whoever is bound to one.
    add constraint api_keys_check check (streamer is null or not scopes && '{admin,metrics}'::text[]);
