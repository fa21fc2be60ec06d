-- The doors: who may come in.

-- What callers show. Of a key's secret (256 random bits) only the SHA-256 is kept: nothing here opens a door.
create table api_keys (
    id           text primary key check (id ~ '^[0-9a-z]{12}$'),
    secret_hash  bytea not null check (length(secret_hash) = 32),
    name         text not null,
    scopes       text[] not null check (scopes <> '{}' and scopes <@ '{ingest,orders,console,admin}'::text[]),
    -- Null: of all streamers.
    streamer     text references streamers (handle),
    -- Whose comments they are that come with it: see SOURCE_KEYS and VERIFIED_SOURCES.
    source       text not null default 'gateway',
    created_at   timestamptz not null default now(),
    last_used_at timestamptz,
    revoked_at   timestamptz,
    -- What is of all streamers is not for whoever is bound to one.
    check (streamer is null or not 'admin' = any(scopes))
);

-- The console shows a streamer's newest comments, as they came in.
create index chat_messages_streamer_seq_rank on chat_messages (streamer, seq_rank);

do $$ begin perform lay_access(); end $$;
