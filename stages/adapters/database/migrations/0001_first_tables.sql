-- The first tables. Keys are UUIDs that the application derives (so that redelivery finds its own rows),
-- amounts are in the currency's minor unit (cents; yen), times are timestamptz. Postgres 15 and newer.

create table streamers (
    handle                  text primary key,
    name                    text not null,
    currency                char(3) not null check (currency ~ '^[A-Z]{3}$'),
    phone                   text,
    notify_by               text check (notify_by in ('whatsapp', 'sms')),
    -- How much later a viewer sees what the camera saw.
    view_delay_seconds      real not null default 0 check (view_delay_seconds >= 0),
    -- 1000 is 10 %.
    commission_basis_points integer not null default 1000 check (commission_basis_points between 0 and 10000),
    check (notify_by is null or phone is not null)
);

create table products (
    id          uuid primary key,
    streamer    text not null references streamers (handle),
    sku         text not null,
    name        text not null,
    price_minor bigint not null check (price_minor >= 0),
    currency    char(3) not null check (currency ~ '^[A-Z]{3}$'),
    stock       integer not null check (stock >= 0),
    aliases     text[] not null default '{}',
    -- URLs or paths of its pictures.
    images      text[] not null default '{}',
    unique (streamer, sku)
);

-- What a model sees in a product's pictures: `views` vectors of float32, one after another. They are of use as
-- long as the product has the same pictures.
create table product_embeddings (
    product_id uuid not null references products (id) on delete cascade,
    model      text not null,
    pictures   text[] not null,
    vectors    bytea not null,
    views      integer not null check (views > 0),
    primary key (product_id, model)
);

-- A buyer is known by platform and client id; where the platform gives none, the handle serves as client id.
create table buyers (
    id              uuid primary key,
    platform        text not null,
    client_id       text not null,
    handle          text not null,
    phone           text,
    channel         text check (channel in ('whatsapp', 'sms')),
    stripe_customer text,
    payment_method  text,
    unique (platform, client_id),
    check (channel is null or phone is not null)
);

-- Every comment as it came, enough to feed it in again. No reference to streamers: the comments of streams
-- that nobody registered are kept too.
create table chat_messages (
    id           uuid primary key,
    -- The comment's entry id in comments_stream, and the same as one number that sorts: who was first.
    seq          text not null check (seq ~ '^[0-9]{1,13}-[0-9]{1,7}$'),
    seq_rank     bigint not null generated always as
                 ((split_part(seq, '-', 1)::bigint << 20) | split_part(seq, '-', 2)::bigint) stored,
    streamer     text not null,
    client       text not null,
    client_id    text,
    platform     text not null,
    message      text not null,
    message_id   text,
    sent_at      timestamptz not null,
    frame_urls   text[] not null default '{}',
    source       text not null,
    verified     boolean not null,
    kind         text not null default 'comment' check (kind in ('comment', 'retract', 'pin')),
    received_at  timestamptz not null default now(),
    nlp_intent   text check (nlp_intent in ('buy', 'question', 'feedback', 'complaint', 'none')),
    nlp_score    real check (nlp_score between 0 and 1),
    quantity     integer check (quantity > 0),
    variant      text,
    code         text,
    language     text
);
create index chat_messages_streamer_sent_at on chat_messages (streamer, sent_at);
create index chat_messages_client on chat_messages (client);
create index chat_messages_nlp_intent on chat_messages (nlp_intent, sent_at);
create index chat_messages_seq_rank on chat_messages (seq_rank);

create table product_matches (
    comment_id   uuid primary key references chat_messages (id) on delete cascade,
    product_id   uuid not null references products (id),
    product_name text not null,
    score        real not null check (score between 0 and 1),
    -- The frames in which it was seen.
    frames       text[] not null default '{}',
    matched_at   timestamptz not null default now()
);
create index product_matches_product_id on product_matches (product_id);

create table orders (
    id               uuid primary key,
    order_number     text not null unique check (order_number ~ '^ORD-[0-9]{8}-[0-9]{5,}$'),
    comment_id       uuid not null unique references chat_messages (id),
    streamer         text not null references streamers (handle),
    product_id       uuid not null references products (id),
    product_name     text not null,
    buyer_id         uuid not null references buyers (id),
    quantity         integer not null check (quantity > 0),
    unit_price_minor bigint not null check (unit_price_minor >= 0),
    amount_minor     bigint not null check (amount_minor >= 0),
    currency         char(3) not null check (currency ~ '^[A-Z]{3}$'),
    status           text not null default 'placed' check (
                         status in ('placed', 'awaiting_payment', 'paid', 'failed', 'cancelled', 'refunded')),
    payment_id       text unique,
    payment_url      text,
    checkout_session text unique,
    placed_at        timestamptz not null default now(),
    paid_at          timestamptz,
    -- Nothing counts as paid that nobody can find at the payment provider.
    check (status <> 'paid' or (payment_id is not null and paid_at is not null))
);
create index orders_streamer_placed_at on orders (streamer, placed_at);
create index orders_status on orders (status, placed_at);
create index orders_product_id on orders (product_id);
create index orders_buyer_id on orders (buyer_id);

-- The last number given out on a day, for ORD-YYYYMMDD-NNNNN.
create table order_numbers (
    day  date primary key,
    last integer not null check (last > 0)
);

create table chat_message_order_mapping (
    comment_id uuid primary key references chat_messages (id),
    order_id   uuid not null unique references orders (id)
);

-- A row is claimed before the message goes out, so that no message goes out twice.
create table payment_notifications (
    id            uuid primary key,
    order_id      uuid not null references orders (id),
    recipient     text not null check (recipient in ('buyer', 'streamer')),
    channel       text not null check (channel in ('whatsapp', 'sms', 'console')),
    kind          text not null,
    body          text not null,
    status        text not null default 'claimed' check (
                      status in ('claimed', 'sent', 'undeliverable', 'uncertain', 'console')),
    -- Until when the claim is good; later, whoever needs the message may take it over.
    claimed_until timestamptz not null,
    message_sid   text unique,
    error_code    text,
    created_at    timestamptz not null default now(),
    sent_at       timestamptz,
    unique (order_id, recipient, kind)
);
-- What a crash left claimed, or a time-out left uncertain, has to be looked after.
create index payment_notifications_open on payment_notifications (claimed_until)
    where status in ('claimed', 'uncertain');

create table commissions (
    id             uuid primary key,
    order_id       uuid not null unique references orders (id),
    streamer       text not null references streamers (handle),
    comment_id     uuid not null references chat_messages (id),
    net_paid_minor bigint not null check (net_paid_minor >= 0),
    amount_minor   bigint not null check (amount_minor between 0 and net_paid_minor),
    currency       char(3) not null check (currency ~ '^[A-Z]{3}$'),
    created_at     timestamptz not null default now()
);
create index commissions_streamer_created_at on commissions (streamer, created_at);

-- What became of each comment. A replayed comment keeps its id and has another seq: one row per run. No
-- reference to chat_messages: a rejected comment may never have been stored.
create table end_states (
    comment_id uuid not null,
    seq        text not null,
    stage      text not null,
    outcome    text not null check (outcome in ('done', 'dropped', 'rejected')),
    reason     text,
    -- The stages it passed, each with its times.
    hops       jsonb not null default '[]',
    ended_at   timestamptz not null,
    primary key (comment_id, seq)
);
create index end_states_ended_at on end_states (ended_at);
create index end_states_outcome on end_states (outcome, stage, ended_at);

-- What a change outside the stages wants to tell a stage: written in the change's own transaction, appended
-- to the stage's stream by the relay, in the order of id.
create table outbox (
    id         bigint generated always as identity primary key,
    record_id  uuid not null unique,
    stage      text not null,
    comment_id uuid not null,
    seq        text not null,
    streamer   text not null,
    record     jsonb not null,
    created_at timestamptz not null default now(),
    sent_at    timestamptz
);
create index outbox_unsent on outbox (id) where sent_at is null;

-- Webhook events that were taken in, so that one delivered twice works once.
create table stripe_events (
    event_id    text primary key,
    type        text not null,
    received_at timestamptz not null default now()
);
