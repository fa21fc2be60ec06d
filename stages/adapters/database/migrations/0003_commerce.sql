-- Commerce: variants, holds, the waitlist, refunds, a ledger that only grows, consent, webhooks to the shop.

-- A colour, a size. `stock` is a part of the product's stock, which counts all pieces of all variants.
create table product_variants (
    id          uuid primary key,
    product_id  uuid not null references products (id) on delete cascade,
    -- As a claim says it: "blue / M".
    name        text not null check (name <> ''),
    code        text,
    -- Null where it costs what the product costs.
    price_minor bigint check (price_minor >= 0),
    stock       integer not null check (stock >= 0),
    unique (product_id, name)
);

alter table products
    -- Most pieces that one buyer may hold unpaid or have bought; null: no limit of its own.
    add column buyer_limit integer check (buyer_limit > 0);

alter table chat_messages
    drop constraint chat_messages_kind_check,
    add constraint chat_messages_kind_check check (kind in ('comment', 'retract', 'pin', 'order')),
    -- The viewer or a moderator took it back before it became an order.
    add column retracted_at timestamptz,
    -- When what it asked for (a cancellation, a retraction) was done: delivered again, it does nothing more.
    add column carried_out_at timestamptz;
create index chat_messages_pins on chat_messages (streamer, sent_at) where kind = 'pin';

-- A comment makes more than one order where its quantity was filled in parts.
alter table orders
    drop constraint orders_comment_id_key,
    add column part             integer not null default 0 check (part >= 0),
    add constraint orders_comment_part unique (comment_id, part),
    add column variant_id       uuid references product_variants (id),
    add column variant          text,
    add column hold_until       timestamptz,
    -- When the buyer was told that the hold will end.
    add column reminded_at      timestamptz,
    add column refunded_minor   bigint not null default 0,
    add constraint orders_refunded check (refunded_minor between 0 and amount_minor),
    add column cancelled_at     timestamptz,
    add column cancelled_for    text check (cancelled_for in ('hold expired', 'buyer', 'host', 'retracted')),
    add column disputed_at      timestamptz,
    -- When the pay link of a cancelled order was ended at the payment provider.
    add column checkout_ended_at timestamptz;
create index orders_open_checkouts on orders (cancelled_at)
    where status = 'cancelled' and checkout_session is not null and checkout_ended_at is null;
create index orders_holds on orders (hold_until) where status in ('placed', 'awaiting_payment');
-- Who waited for a payment before there were holds gets one.
update orders set hold_until = now() + interval '30 minutes' where status = 'awaiting_payment';
alter table chat_message_order_mapping
    drop constraint chat_message_order_mapping_pkey,
    add primary key (comment_id, order_id);

-- Who waits for a piece, first come first served by seq_rank. `claim` is the record by which the order is placed.
create table waitlist (
    id         uuid primary key,
    comment_id uuid not null unique references chat_messages (id),
    seq_rank   bigint not null,
    streamer   text not null references streamers (handle),
    product_id uuid not null references products (id),
    variant_id uuid references product_variants (id),
    buyer_id   uuid not null references buyers (id),
    -- Pieces still wanted.
    quantity   integer not null check (quantity > 0),
    claim      jsonb not null,
    status     text not null default 'waiting' check (status in ('waiting', 'served', 'cancelled')),
    created_at timestamptz not null default now(),
    ended_at   timestamptz
);
create index waitlist_waiting on waitlist (product_id, seq_rank) where status = 'waiting';
create index waitlist_buyer_id on waitlist (buyer_id) where status = 'waiting';

-- A claim code as it is compared: "A-03", "a3" and "#A03" are one.
create function bare_code(code text) returns text language sql immutable parallel safe
    return regexp_replace(upper(regexp_replace(code, '[\W_]', '', 'g')), '(?<![0-9])0+(?=[0-9])', '', 'g');

-- Claims on a code that the host hasn't added yet; fed to the vision stage when it appears.
create table unlisted_claims (
    comment_id uuid primary key references chat_messages (id) on delete cascade,
    streamer   text not null,
    -- As bare_code makes it.
    code       text not null,
    claim      jsonb not null,
    created_at timestamptz not null default now(),
    served_at  timestamptz
);
create index unlisted_claims_waiting on unlisted_claims (streamer, code) where served_at is null;

-- What the payment provider was and will be asked, frozen before the first call: a repetition sends the same.
create table payment_attempts (
    order_id   uuid not null references orders (id),
    attempt    integer not null check (attempt > 0),
    key        text not null unique,
    parameters jsonb not null,
    status     text not null default 'open' check (
                   status in ('open', 'charged', 'declined', 'needs_holder', 'cancelled')),
    payment_id text,
    code       text,
    created_at timestamptz not null default now(),
    ended_at   timestamptz,
    primary key (order_id, attempt)
);

create table refunds (
    id           uuid primary key,
    order_id     uuid not null references orders (id),
    -- Not the order's own where the buyer paid twice, or paid an order that was cancelled.
    payment_id   text not null,
    amount_minor bigint not null check (amount_minor > 0),
    currency     char(3) not null check (currency ~ '^[A-Z]{3}$'),
    reason       text not null,
    -- Whether the pieces go back on the shelf when it is done.
    restock      boolean not null default false,
    status       text not null default 'wanted' check (status in ('wanted', 'done', 'refused')),
    provider_id  text unique,
    error        text,
    created_at   timestamptz not null default now(),
    done_at      timestamptz
);
create index refunds_order_id on refunds (order_id);
create index refunds_wanted on refunds (created_at) where status = 'wanted';

alter table streamers
    -- The connected account at Stripe that commissions are paid out to.
    add column stripe_account text;

-- The ledger: rows are added, never changed. Its sum per order is the commission's share of what was paid, net of
-- refunds; a streamer's balance may fall below nothing.
alter table commissions
    drop constraint commissions_order_id_key,
    drop constraint commissions_net_paid_minor_check,
    drop constraint commissions_check,
    add column kind       text not null default 'accrued' check (kind in ('accrued', 'corrected', 'paid_out')),
    -- The refund of a correction, the transfer of a payout: no event is booked twice.
    add column cause      text not null default 'paid',
    add column payable_at timestamptz,
    -- The rate that the order was paid under; corrections keep it.
    add column basis_points integer check (basis_points between 0 and 10000),
    add constraint commissions_cause unique (order_id, kind, cause);
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger % only grows: add a correcting row instead', tg_table_name
        using errcode = 'restrict_violation';
end $$;
create trigger commissions_only_grow before update or delete on commissions
    for each row execute function refuse_change();

-- What a streamer is paid out for an order, frozen before the provider is asked.
create table payouts (
    order_id     uuid primary key references orders (id),
    streamer     text not null references streamers (handle),
    account      text not null,
    amount_minor bigint not null check (amount_minor > 0),
    currency     char(3) not null check (currency ~ '^[A-Z]{3}$'),
    status       text not null default 'wanted' check (status in ('wanted', 'done', 'refused')),
    transfer_id  text unique,
    error        text,
    created_at   timestamptz not null default now(),
    done_at      timestamptz
);
create index payouts_wanted on payouts (created_at) where status = 'wanted';

alter table buyers
    drop constraint buyers_check,
    drop constraint buyers_channel_check,
    add constraint buyers_channel_check check (channel in ('whatsapp', 'sms', 'email')),
    -- phone and email are encrypted by the application; the indexes are keyed hashes, to find them again.
    add column phone_index text,
    add column email       text,
    add column email_index text,
    add column blocked_at  timestamptz,
    add column erased_at   timestamptz;
create index buyers_phone_index on buyers (phone_index);
create index buyers_email_index on buyers (email_index);

-- What somebody agreed to, and withdrew: the newest row of a channel counts.
create table consents (
    id         bigint generated always as identity primary key,
    buyer_id   uuid not null references buyers (id),
    channel    text not null check (channel in ('whatsapp', 'sms', 'email')),
    granted    boolean not null,
    -- Where it was given or withdrawn: "onboarding", "STOP", "host".
    source     text not null,
    created_at timestamptz not null default now()
);
create index consents_buyer on consents (buyer_id, channel, id desc);

-- A link by which a buyer leaves phone, consent and card; good until it expires or was used.
create table onboardings (
    id           uuid primary key,
    buyer_id     uuid not null references buyers (id) on update cascade,
    expires_at   timestamptz not null,
    -- When phone and consents came, and when the card.
    submitted_at timestamptz,
    completed_at timestamptz,
    created_at   timestamptz not null default now()
);
create index onboardings_buyer_id on onboardings (buyer_id);

-- A message belongs to a subject: an order, or an event such as a refund. Each channel that was tried has a row.
alter table payment_notifications
    alter column order_id drop not null,
    drop constraint payment_notifications_order_id_recipient_kind_key,
    drop constraint payment_notifications_channel_check,
    drop constraint payment_notifications_status_check,
    add column subject     uuid,
    add column buyer_id    uuid references buyers (id),
    add column streamer    text,
    add column template    text,
    -- How often it was handed to the provider.
    add column attempts    integer not null default 1,
    -- The record it came of: what the notify stage is given again where the provider says later that it failed.
    add column record      jsonb,
    add column updated_at  timestamptz;
update payment_notifications set subject = order_id;
alter table payment_notifications
    alter column subject set not null,
    add constraint payment_notifications_channel_check check (
        channel in ('whatsapp', 'sms', 'email', 'console')),
    add constraint payment_notifications_status_check check (
        status in ('claimed', 'sent', 'delivered', 'read', 'undeliverable', 'uncertain', 'console')),
    add constraint payment_notifications_once unique (subject, recipient, kind, channel);
-- A message is under way, or went, on one channel: the next is open once the provider has refused this one.
create unique index payment_notifications_live on payment_notifications (subject, recipient, kind)
    where status <> 'undeliverable';
create index payment_notifications_order_id on payment_notifications (order_id);

-- Whom WhatsApp messages went to on a day, and how many those are: the platform limits their number.
create table whatsapp_recipients (
    day       date not null,
    recipient text not null,
    primary key (day, recipient)
);
create table whatsapp_days (
    day        date primary key,
    recipients integer not null check (recipients > 0)
);

-- Answers to requests that made an order, so that a repeated one gets the same.
create table order_requests (
    key        text primary key,
    digest     text not null,
    order_id   uuid not null references orders (id),
    created_at timestamptz not null default now()
);

-- Where the shop wants to hear of orders and payments. The secret is encrypted by the application.
create table webhook_endpoints (
    id         uuid primary key,
    url        text not null,
    secret     text not null,
    events     text[] not null default '{}',
    -- Null: the events of all streamers.
    streamer   text references streamers (handle),
    created_at timestamptz not null default now(),
    removed_at timestamptz
);
create table webhook_deliveries (
    id           uuid primary key,
    endpoint_id  uuid not null references webhook_endpoints (id),
    -- The same for all endpoints that hear of it, and for all attempts: by it a receiver knows what came twice.
    event_id     uuid not null,
    event        text not null,
    payload      jsonb not null,
    status       text not null default 'waiting' check (status in ('waiting', 'delivered', 'dead')),
    attempts     integer not null default 0,
    due_at       timestamptz not null default now(),
    error        text,
    created_at   timestamptz not null default now(),
    delivered_at timestamptz,
    unique (endpoint_id, event_id)
);
create index webhook_deliveries_due on webhook_deliveries (due_at) where status = 'waiting';
