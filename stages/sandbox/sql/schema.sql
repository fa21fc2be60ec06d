-- Stripe's objects, each as the JSON that the API answers.
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    owner TEXT,        -- the customer
    related TEXT,      -- what else the API lists by: a customer's e-mail, the payment intent of a charge
    due_at REAL,       -- when it changes by itself: an open Checkout session's expiry
    created INTEGER NOT NULL,
    request_key TEXT,  -- the idempotency key that made it
    body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, seq);
CREATE INDEX IF NOT EXISTS objects_by_owner ON objects (kind, owner, seq) WHERE owner IS NOT NULL;
CREATE INDEX IF NOT EXISTS objects_by_related ON objects (kind, related, seq) WHERE related IS NOT NULL;
CREATE INDEX IF NOT EXISTS objects_due ON objects (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS idempotent_answers (
    key TEXT PRIMARY KEY,
    endpoint TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    request_id TEXT NOT NULL,
    created REAL NOT NULL
);

CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY,
    sid TEXT NOT NULL UNIQUE,
    recipient TEXT NOT NULL,
    sender TEXT NOT NULL,
    body TEXT NOT NULL,
    status TEXT NOT NULL,
    last_status TEXT NOT NULL,  -- where it will end: delivered, undelivered or failed
    last_error INTEGER,
    error_code INTEGER,
    status_callback TEXT,
    created REAL NOT NULL,
    sent REAL,
    updated REAL NOT NULL,
    due_at REAL
);
CREATE INDEX IF NOT EXISTS messages_by_recipient ON messages (recipient, seq);
CREATE INDEX IF NOT EXISTS messages_due ON messages (due_at) WHERE due_at IS NOT NULL;

-- What is still to be told to the shop: webhooks and status callbacks.
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY,
    scheme TEXT NOT NULL,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    body BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    attempts_limit INTEGER NOT NULL,
    last_answer TEXT,
    due_at REAL
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;
