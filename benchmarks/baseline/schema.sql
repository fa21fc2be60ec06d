create table chat_messages (
    id text primary key,
    streamer text not null,
    client text not null,
    client_id text not null,
    message text not null,
    written_at timestamptz not null,
    intent text,
    score float8,
    created_at timestamptz not null default now()
);
create table products (
    sku text primary key,
    streamer text not null,
    name text not null,
    price_minor int not null,
    currency text not null,
    stock int not null,
    phone text, -- of the streamer, who is told of each order
    notify_by text
);
create table buyers (
    client_id text primary key,
    phone text,
    channel text,
    stripe_customer text,
    payment_method text
);
create table product_matches (
    message_id text primary key references chat_messages (id),
    sku text not null references products (sku),
    score float8 not null,
    created_at timestamptz not null default now()
);
create table orders (
    id bigserial primary key,
    message_id text not null unique references chat_messages (id),
    sku text not null references products (sku),
    amount_minor int not null,
    currency text not null,
    status text not null,
    payment_id text,
    payment_url text,
    created_at timestamptz not null default now()
);
create table payment_notifications (
    id bigserial primary key,
    order_id bigint not null references orders (id),
    recipient text not null,
    message_sid text,
    created_at timestamptz not null default now()
);
