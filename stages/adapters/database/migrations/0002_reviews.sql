-- What people say of the judgements: of intents that were wrong, and of matches that were unsure. Both are exported
-- as training rows.

create table intent_corrections (
    comment_id   uuid primary key references chat_messages (id) on delete cascade,
    intent       text not null check (intent in ('buy', 'question', 'feedback', 'complaint', 'none')),
    corrected_by text,
    corrected_at timestamptz not null default now()
);
create index intent_corrections_corrected_at on intent_corrections (corrected_at);

create table match_reviews (
    comment_id     uuid primary key references chat_messages (id) on delete cascade,
    status         text not null default 'open' check (status in ('open', 'confirmed', 'declined', 'expired')),
    -- [{"sku", "score"}], the likeliest first.
    candidates     jsonb not null,
    -- The frames that were looked at.
    frames         text[] not null default '{}',
    chosen_product uuid references products (id),
    decided_by     text,
    decided_at     timestamptz,
    created_at     timestamptz not null default now(),
    check (status <> 'confirmed' or chosen_product is not null),
    check (status not in ('confirmed', 'declined') or decided_at is not null)
);
create index match_reviews_open on match_reviews (created_at) where status = 'open';
create index match_reviews_decided_at on match_reviews (decided_at);
