SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLE public._yoyo_log (
    id character varying(36) NOT NULL,
    migration_hash character varying(64),
    migration_id character varying(255),
    operation character varying(10),
    username character varying(255),
    hostname character varying(255),
    comment character varying(255),
    created_at_utc timestamp without time zone
);
CREATE TABLE public._yoyo_migration (
    migration_hash character varying(64) NOT NULL,
    migration_id character varying(255),
    applied_at_utc timestamp without time zone
);
CREATE TABLE public._yoyo_version (
    version integer NOT NULL,
    installed_at_utc timestamp without time zone
);
CREATE TABLE public.buyers (
    id uuid NOT NULL,
    platform text NOT NULL,
    client_id text NOT NULL,
    handle text NOT NULL,
    phone text,
    channel text,
    stripe_customer text,
    payment_method text,
    CONSTRAINT buyers_channel_check CHECK ((channel = ANY (ARRAY['whatsapp'::text, 'sms'::text]))),
    CONSTRAINT buyers_check CHECK (((channel IS NULL) OR (phone IS NOT NULL)))
);
CREATE TABLE public.chat_message_order_mapping (
    comment_id uuid NOT NULL,
    order_id uuid NOT NULL
);
CREATE TABLE public.chat_messages (
    id uuid NOT NULL,
    seq text NOT NULL,
    seq_rank bigint GENERATED ALWAYS AS ((((split_part(seq, '-'::text, 1))::bigint << 20) | (split_part(seq, '-'::text, 2))::bigint)) STORED NOT NULL,
    streamer text NOT NULL,
    client text NOT NULL,
    client_id text,
    platform text NOT NULL,
    message text NOT NULL,
    message_id text,
    sent_at timestamp with time zone NOT NULL,
    frame_urls text[] DEFAULT '{}'::text[] NOT NULL,
    source text NOT NULL,
    verified boolean NOT NULL,
    kind text DEFAULT 'comment'::text NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    nlp_intent text,
    nlp_score real,
    quantity integer,
    variant text,
    code text,
    language text,
    CONSTRAINT chat_messages_kind_check CHECK ((kind = ANY (ARRAY['comment'::text, 'retract'::text, 'pin'::text]))),
    CONSTRAINT chat_messages_nlp_intent_check CHECK ((nlp_intent = ANY (ARRAY['buy'::text, 'question'::text, 'feedback'::text, 'complaint'::text, 'none'::text]))),
    CONSTRAINT chat_messages_nlp_score_check CHECK (((nlp_score >= (0)::double precision) AND (nlp_score <= (1)::double precision))),
    CONSTRAINT chat_messages_quantity_check CHECK ((quantity > 0)),
    CONSTRAINT chat_messages_seq_check CHECK ((seq ~ '^[0-9]{1,13}-[0-9]{1,7}$'::text))
);
CREATE TABLE public.commissions (
    id uuid NOT NULL,
    order_id uuid NOT NULL,
    streamer text NOT NULL,
    comment_id uuid NOT NULL,
    net_paid_minor bigint NOT NULL,
    amount_minor bigint NOT NULL,
    currency character(3) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT commissions_check CHECK (((amount_minor >= 0) AND (amount_minor <= net_paid_minor))),
    CONSTRAINT commissions_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT commissions_net_paid_minor_check CHECK ((net_paid_minor >= 0))
);
CREATE TABLE public.end_states (
    comment_id uuid NOT NULL,
    seq text NOT NULL,
    stage text NOT NULL,
    outcome text NOT NULL,
    reason text,
    hops jsonb DEFAULT '[]'::jsonb NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    CONSTRAINT end_states_outcome_check CHECK ((outcome = ANY (ARRAY['done'::text, 'dropped'::text, 'rejected'::text])))
);
CREATE TABLE public.order_numbers (
    day date NOT NULL,
    last integer NOT NULL,
    CONSTRAINT order_numbers_last_check CHECK ((last > 0))
);
CREATE TABLE public.orders (
    id uuid NOT NULL,
    order_number text NOT NULL,
    comment_id uuid NOT NULL,
    streamer text NOT NULL,
    product_id uuid NOT NULL,
    product_name text NOT NULL,
    buyer_id uuid NOT NULL,
    quantity integer NOT NULL,
    unit_price_minor bigint NOT NULL,
    amount_minor bigint NOT NULL,
    currency character(3) NOT NULL,
    status text DEFAULT 'placed'::text NOT NULL,
    payment_id text,
    payment_url text,
    checkout_session text,
    placed_at timestamp with time zone DEFAULT now() NOT NULL,
    paid_at timestamp with time zone,
    CONSTRAINT orders_amount_minor_check CHECK ((amount_minor >= 0)),
    CONSTRAINT orders_check CHECK (((status <> 'paid'::text) OR ((payment_id IS NOT NULL) AND (paid_at IS NOT NULL)))),
    CONSTRAINT orders_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT orders_order_number_check CHECK ((order_number ~ '^ORD-[0-9]{8}-[0-9]{5,}$'::text)),
    CONSTRAINT orders_quantity_check CHECK ((quantity > 0)),
    CONSTRAINT orders_status_check CHECK ((status = ANY (ARRAY['placed'::text, 'awaiting_payment'::text, 'paid'::text, 'failed'::text, 'cancelled'::text, 'refunded'::text]))),
    CONSTRAINT orders_unit_price_minor_check CHECK ((unit_price_minor >= 0))
);
CREATE TABLE public.outbox (
    id bigint NOT NULL,
    record_id uuid NOT NULL,
    stage text NOT NULL,
    comment_id uuid NOT NULL,
    seq text NOT NULL,
    streamer text NOT NULL,
    record jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    sent_at timestamp with time zone
);
ALTER TABLE public.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.payment_notifications (
    id uuid NOT NULL,
    order_id uuid NOT NULL,
    recipient text NOT NULL,
    channel text NOT NULL,
    kind text NOT NULL,
    body text NOT NULL,
    status text DEFAULT 'claimed'::text NOT NULL,
    claimed_until timestamp with time zone NOT NULL,
    message_sid text,
    error_code text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    sent_at timestamp with time zone,
    CONSTRAINT payment_notifications_channel_check CHECK ((channel = ANY (ARRAY['whatsapp'::text, 'sms'::text, 'console'::text]))),
    CONSTRAINT payment_notifications_recipient_check CHECK ((recipient = ANY (ARRAY['buyer'::text, 'streamer'::text]))),
    CONSTRAINT payment_notifications_status_check CHECK ((status = ANY (ARRAY['claimed'::text, 'sent'::text, 'undeliverable'::text, 'uncertain'::text, 'console'::text])))
);
CREATE TABLE public.product_embeddings (
    product_id uuid NOT NULL,
    model text NOT NULL,
    pictures text[] NOT NULL,
    vectors bytea NOT NULL,
    views integer NOT NULL,
    CONSTRAINT product_embeddings_views_check CHECK ((views > 0))
);
CREATE TABLE public.product_matches (
    comment_id uuid NOT NULL,
    product_id uuid NOT NULL,
    product_name text NOT NULL,
    score real NOT NULL,
    frames text[] DEFAULT '{}'::text[] NOT NULL,
    matched_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT product_matches_score_check CHECK (((score >= (0)::double precision) AND (score <= (1)::double precision)))
);
CREATE TABLE public.products (
    id uuid NOT NULL,
    streamer text NOT NULL,
    sku text NOT NULL,
    name text NOT NULL,
    price_minor bigint NOT NULL,
    currency character(3) NOT NULL,
    stock integer NOT NULL,
    aliases text[] DEFAULT '{}'::text[] NOT NULL,
    images text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT products_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT products_price_minor_check CHECK ((price_minor >= 0)),
    CONSTRAINT products_stock_check CHECK ((stock >= 0))
);
CREATE TABLE public.streamers (
    handle text NOT NULL,
    name text NOT NULL,
    currency character(3) NOT NULL,
    phone text,
    notify_by text,
    view_delay_seconds real DEFAULT 0 NOT NULL,
    commission_basis_points integer DEFAULT 1000 NOT NULL,
    CONSTRAINT streamers_check CHECK (((notify_by IS NULL) OR (phone IS NOT NULL))),
    CONSTRAINT streamers_commission_basis_points_check CHECK (((commission_basis_points >= 0) AND (commission_basis_points <= 10000))),
    CONSTRAINT streamers_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT streamers_notify_by_check CHECK ((notify_by = ANY (ARRAY['whatsapp'::text, 'sms'::text]))),
    CONSTRAINT streamers_view_delay_seconds_check CHECK ((view_delay_seconds >= (0)::double precision))
);
CREATE TABLE public.stripe_events (
    event_id text NOT NULL,
    type text NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.yoyo_lock (
    locked integer DEFAULT 1 NOT NULL,
    ctime timestamp without time zone,
    pid integer NOT NULL
);
INSERT INTO public._yoyo_log VALUES ('e4433b2e-e748-11f1-9427-02fc00000001', '9187fa3b1e0e63b15ed8c3f758843a8e532059d104d4dbe71d45dd5418430716', '0001_first_tables', 'mark', 'tiktoksales', NULL, NULL, '2026-11-23 14:19:27.846926');
INSERT INTO public._yoyo_migration VALUES ('9187fa3b1e0e63b15ed8c3f758843a8e532059d104d4dbe71d45dd5418430716', '0001_first_tables', '2026-11-23 14:19:27.839307');
INSERT INTO public._yoyo_version VALUES (2, '2026-11-23 14:19:27.634394');
INSERT INTO public.buyers VALUES ('3c48d359-ba52-5ee3-89b0-0389d87fb991', 'tiktok', 'cy', 'cy', NULL, NULL, NULL, NULL);
INSERT INTO public.buyers VALUES ('3296221c-25be-53ee-b159-22073b43c6f9', 'tiktok', 'bo', 'bo', '+15550107777', 'sms', 'cus_c181ea72bace1e1278cad651', 'pm_9393d78e4c035eef47d6402d');
INSERT INTO public.chat_message_order_mapping VALUES ('87cbdb60-5d07-5e14-be81-79a7840bf3f3', 'a7c6575a-2e30-53f7-9b8d-be50d3bb8fb8');
INSERT INTO public.chat_message_order_mapping VALUES ('130f9654-8abe-5ab2-9164-b499acffe9e6', 'feb38f6b-9491-5c08-92f4-2935f2650c54');
INSERT INTO public.chat_message_order_mapping VALUES ('80320e42-c1b6-55cd-b7f0-1e8fe0345c8f', '57cd8e2d-6308-5027-9928-e05f4fcc646a');
INSERT INTO public.chat_message_order_mapping VALUES ('7e20c09b-52ae-5fdc-9115-fab2b3c2d0a9', '1e84788a-cde3-5e5c-8d56-e14c5b535258');
INSERT INTO public.chat_messages VALUES ('130f9654-8abe-5ab2-9164-b499acffe9e6', '1795435260000-0', DEFAULT, 'ana', 'bo', 'bo', 'tiktok', 'I buy it', 'm-1', '2026-11-23 12:01:00+00', '{}', 'gateway', true, 'comment', '2026-11-23 14:19:33.147825+00', 'buy', 0.9, NULL, NULL, NULL, 'en');
INSERT INTO public.chat_messages VALUES ('a5fba444-4f33-547c-a9ee-1ef18ea81dae', '1795435320000-0', DEFAULT, 'ana', 'cy', 'cy', 'tiktok', 'so cute', 'm-2', '2026-11-23 12:02:00+00', '{}', 'gateway', true, 'comment', '2026-11-23 14:19:33.147825+00', 'feedback', 0.9, NULL, NULL, NULL, 'und');
INSERT INTO public.chat_messages VALUES ('87cbdb60-5d07-5e14-be81-79a7840bf3f3', '1795435380000-0', DEFAULT, 'ana', 'cy', 'cy', 'tiktok', 'I buy one too', 'm-3', '2026-11-23 12:03:00+00', '{}', 'gateway', true, 'comment', '2026-11-23 14:19:33.147825+00', 'buy', 0.9, 1, NULL, NULL, 'en');
INSERT INTO public.chat_messages VALUES ('80320e42-c1b6-55cd-b7f0-1e8fe0345c8f', '1795435440000-0', DEFAULT, 'ana', 'bo', 'bo', 'tiktok', 'I buy it, before notify', 'm-4', '2026-11-23 12:04:00+00', '{}', 'gateway', true, 'comment', '2026-11-23 14:19:36.943701+00', 'buy', 0.9, NULL, NULL, NULL, 'en');
INSERT INTO public.chat_messages VALUES ('7e20c09b-52ae-5fdc-9115-fab2b3c2d0a9', '1795435500000-0', DEFAULT, 'ana', 'bo', 'bo', 'tiktok', 'I buy it, before payment', 'm-5', '2026-11-23 12:05:00+00', '{}', 'gateway', true, 'comment', '2026-11-23 14:19:38.048399+00', 'buy', 0.9, NULL, NULL, NULL, 'en');
INSERT INTO public.chat_messages VALUES ('8908423a-aaea-5e70-9c3e-9794f9b70470', '1795435560000-0', DEFAULT, 'ana', 'bo', 'bo', 'tiktok', 'I buy it, before order', 'm-6', '2026-11-23 12:06:00+00', '{}', 'gateway', true, 'comment', '2026-11-23 14:19:40.290461+00', 'buy', 0.9, NULL, NULL, NULL, 'en');
INSERT INTO public.chat_messages VALUES ('62cf0c76-4421-5f1a-bdff-9c6cc2941a2a', '1795435620000-0', DEFAULT, 'ana', 'bo', 'bo', 'tiktok', 'I buy it, before vision', 'm-7', '2026-11-23 12:07:00+00', '{}', 'gateway', true, 'comment', '2026-11-23 14:19:41.369867+00', 'buy', 0.9, NULL, NULL, NULL, 'en');
INSERT INTO public.chat_messages VALUES ('b98762f7-92ea-5fa0-ad25-02f19e6e4d98', '1795435680000-0', DEFAULT, 'ana', 'bo', 'bo', 'tiktok', 'I buy it, before intent', 'm-8', '2026-11-23 12:08:00+00', '{}', 'gateway', true, 'comment', '2026-11-23 14:19:42.465132+00', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.chat_messages VALUES ('b5863b87-f0f7-5520-985d-5ffa6e50b1b9', '1795435740000-0', DEFAULT, 'ana', 'bo', 'bo', 'tiktok', 'I buy it, in the hands of nobody', 'm-9', '2026-11-23 12:09:00+00', '{}', 'gateway', true, 'comment', '2026-11-23 14:19:43.490723+00', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.commissions VALUES ('579f8886-ea22-51d4-8b02-d562afad49b6', 'feb38f6b-9491-5c08-92f4-2935f2650c54', 'ana', '130f9654-8abe-5ab2-9164-b499acffe9e6', 7999, 800, 'USD', '2026-11-23 14:19:35.789234+00');
INSERT INTO public.commissions VALUES ('4a402d7e-3335-54fc-ae61-f6ef7230e1f9', '57cd8e2d-6308-5027-9928-e05f4fcc646a', 'ana', '80320e42-c1b6-55cd-b7f0-1e8fe0345c8f', 7999, 800, 'USD', '2026-11-23 14:19:36.980278+00');
INSERT INTO public.end_states VALUES ('0015e32a-e794-5533-a45a-9b264ba5c4b7', '1795435400000-0', 'ingest', 'rejected', 'not a comment: streamer: Field required; viewer.client: Field required; message: Field required', '[["ingest", 1795443573144, 1795443573146, {}]]', '2026-11-23 14:19:33.146+00');
INSERT INTO public.end_states VALUES ('a5fba444-4f33-547c-a9ee-1ef18ea81dae', '1795435320000-0', 'intent', 'dropped', 'feedback', '[["ingest", 1795443573144, 1795443573211, {}], ["intent", 1795443573223, 1795443575545, {"score": 0.9, "intent": "feedback"}]]', '2026-11-23 14:19:35.545+00');
INSERT INTO public.end_states VALUES ('87cbdb60-5d07-5e14-be81-79a7840bf3f3', '1795435380000-0', 'notify', 'done', '', '[["ingest", 1795443573144, 1795443573211, {}], ["intent", 1795443573223, 1795443575545, {"score": 0.9, "intent": "buy"}], ["vision", 1795443575554, 1795443575571, {"sku": "JACKET", "score": 0.9}], ["order", 1795443575577, 1795443575619, {"order": "ORD-20261123-00001"}], ["payment", 1795443575629, 1795443575795, {"status": "awaiting_payment"}], ["notify", 1795443575809, 1795443575839, {"message": "console"}]]', '2026-11-23 14:19:35.839+00');
INSERT INTO public.end_states VALUES ('130f9654-8abe-5ab2-9164-b499acffe9e6', '1795435260000-0', 'notify', 'done', '', '[["ingest", 1795443573143, 1795443573211, {}], ["intent", 1795443573223, 1795443575545, {"score": 0.9, "intent": "buy"}], ["vision", 1795443575554, 1795443575573, {"sku": "JACKET", "score": 0.9}], ["order", 1795443575588, 1795443575647, {"order": "ORD-20261123-00002"}], ["payment", 1795443575651, 1795443575804, {"status": "paid"}], ["notify", 1795443575816, 1795443575878, {"message": "sent"}]]', '2026-11-23 14:19:35.878+00');
INSERT INTO public.order_numbers VALUES ('2026-11-23', 4);
INSERT INTO public.orders VALUES ('a7c6575a-2e30-53f7-9b8d-be50d3bb8fb8', 'ORD-20261123-00001', '87cbdb60-5d07-5e14-be81-79a7840bf3f3', 'ana', '62d6e4d6-481c-581b-b415-3892f2b325da', 'Denim Jacket', '3c48d359-ba52-5ee3-89b0-0389d87fb991', 1, 7999, 7999, 'USD', 'awaiting_payment', NULL, 'http://127.0.0.1:45717/c/pay/cs_test_eb97e44a93b93ee846bc3342', 'cs_test_eb97e44a93b93ee846bc3342', '2026-11-23 14:19:35.577871+00', NULL);
INSERT INTO public.orders VALUES ('feb38f6b-9491-5c08-92f4-2935f2650c54', 'ORD-20261123-00002', '130f9654-8abe-5ab2-9164-b499acffe9e6', 'ana', '62d6e4d6-481c-581b-b415-3892f2b325da', 'Denim Jacket', '3296221c-25be-53ee-b159-22073b43c6f9', 1, 7999, 7999, 'USD', 'paid', 'pi_f2d3928bfcd75f70ecba0642', NULL, NULL, '2026-11-23 14:19:35.588514+00', '2026-11-23 14:19:35.789039+00');
INSERT INTO public.orders VALUES ('57cd8e2d-6308-5027-9928-e05f4fcc646a', 'ORD-20261123-00003', '80320e42-c1b6-55cd-b7f0-1e8fe0345c8f', 'ana', '62d6e4d6-481c-581b-b415-3892f2b325da', 'Denim Jacket', '3296221c-25be-53ee-b159-22073b43c6f9', 1, 7999, 7999, 'USD', 'paid', 'pi_d35ea4354b4ed0daaff6f230', NULL, NULL, '2026-11-23 14:19:36.972592+00', '2026-11-23 14:19:36.98017+00');
INSERT INTO public.orders VALUES ('1e84788a-cde3-5e5c-8d56-e14c5b535258', 'ORD-20261123-00004', '7e20c09b-52ae-5fdc-9115-fab2b3c2d0a9', 'ana', '62d6e4d6-481c-581b-b415-3892f2b325da', 'Denim Jacket', '3296221c-25be-53ee-b159-22073b43c6f9', 1, 7999, 7999, 'USD', 'placed', NULL, NULL, NULL, '2026-11-23 14:19:38.074992+00', NULL);
INSERT INTO public.payment_notifications VALUES ('a5412cf6-b437-5947-a10e-a36f0cb2a4d1', 'a7c6575a-2e30-53f7-9b8d-be50d3bb8fb8', 'buyer', 'console', 'pay_link', 'Order ORD-20261123-00001: your Denim Jacket ($79.99) is reserved. Pay here to confirm: http://127.0.0.1:45717/c/pay/cs_test_eb97e44a93b93ee846bc3342', 'console', '2026-11-23 14:19:55.818417+00', NULL, NULL, '2026-11-23 14:19:35.818565+00', NULL);
INSERT INTO public.payment_notifications VALUES ('595c372b-fbe8-587f-ab7b-32578822df2d', 'a7c6575a-2e30-53f7-9b8d-be50d3bb8fb8', 'streamer', 'console', 'pay_link', 'Order ORD-20261123-00001: Denim Jacket ($79.99), waiting for payment.', 'console', '2026-11-23 14:19:55.831936+00', NULL, NULL, '2026-11-23 14:19:35.832047+00', NULL);
INSERT INTO public.payment_notifications VALUES ('5a1c7966-20e0-5696-a2a2-f0ccdb3fe165', 'feb38f6b-9491-5c08-92f4-2935f2650c54', 'buyer', 'sms', 'confirmed', 'Order ORD-20261123-00002 confirmed! Your Denim Jacket ($79.99) will ship soon. Track: https://track.example/ORD-20261123-00002', 'sent', '2026-11-23 14:19:55.825967+00', 'SM869b254c1384d9da805e1b4b46c04467', NULL, '2026-11-23 14:19:35.826126+00', '2026-11-23 14:19:35.868989+00');
INSERT INTO public.payment_notifications VALUES ('73f16660-8762-5e64-9b5e-9df348c57bf9', 'feb38f6b-9491-5c08-92f4-2935f2650c54', 'streamer', 'console', 'confirmed', 'Order ORD-20261123-00002: Denim Jacket ($79.99), paid.', 'console', '2026-11-23 14:19:55.872135+00', NULL, NULL, '2026-11-23 14:19:35.874438+00', NULL);
INSERT INTO public.product_embeddings VALUES ('62d6e4d6-481c-581b-b415-3892f2b325da', 'b0b33acf90bebaa6', '{picture.jpg}', '\x0000803f0000803f0000803f0000803f', 1);
INSERT INTO public.product_matches VALUES ('87cbdb60-5d07-5e14-be81-79a7840bf3f3', '62d6e4d6-481c-581b-b415-3892f2b325da', 'Denim Jacket', 0.9, '{ana/20261123/12/1795435379000.jpg}', '2026-11-23 14:19:35.565686+00');
INSERT INTO public.product_matches VALUES ('130f9654-8abe-5ab2-9164-b499acffe9e6', '62d6e4d6-481c-581b-b415-3892f2b325da', 'Denim Jacket', 0.9, '{ana/20261123/12/1795435259000.jpg}', '2026-11-23 14:19:35.565789+00');
INSERT INTO public.product_matches VALUES ('80320e42-c1b6-55cd-b7f0-1e8fe0345c8f', '62d6e4d6-481c-581b-b415-3892f2b325da', 'Denim Jacket', 0.9, '{ana/20261123/12/1795435439000.jpg}', '2026-11-23 14:19:36.970723+00');
INSERT INTO public.product_matches VALUES ('7e20c09b-52ae-5fdc-9115-fab2b3c2d0a9', '62d6e4d6-481c-581b-b415-3892f2b325da', 'Denim Jacket', 0.9, '{ana/20261123/12/1795435499000.jpg}', '2026-11-23 14:19:38.068926+00');
INSERT INTO public.product_matches VALUES ('8908423a-aaea-5e70-9c3e-9794f9b70470', '62d6e4d6-481c-581b-b415-3892f2b325da', 'Denim Jacket', 0.9, '{ana/20261123/12/1795435559000.jpg}', '2026-11-23 14:19:40.334188+00');
INSERT INTO public.products VALUES ('62d6e4d6-481c-581b-b415-3892f2b325da', 'ana', 'JACKET', 'Denim Jacket', 7999, 'USD', 6, '{}', '{picture.jpg}');
INSERT INTO public.streamers VALUES ('ana', 'Ana', 'USD', NULL, NULL, 0, 1000);
SELECT pg_catalog.setval('public.outbox_id_seq', 1, false);
ALTER TABLE ONLY public._yoyo_log
    ADD CONSTRAINT _yoyo_log_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public._yoyo_migration
    ADD CONSTRAINT _yoyo_migration_pkey PRIMARY KEY (migration_hash);
ALTER TABLE ONLY public._yoyo_version
    ADD CONSTRAINT _yoyo_version_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.buyers
    ADD CONSTRAINT buyers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.buyers
    ADD CONSTRAINT buyers_platform_client_id_key UNIQUE (platform, client_id);
ALTER TABLE ONLY public.chat_message_order_mapping
    ADD CONSTRAINT chat_message_order_mapping_order_id_key UNIQUE (order_id);
ALTER TABLE ONLY public.chat_message_order_mapping
    ADD CONSTRAINT chat_message_order_mapping_pkey PRIMARY KEY (comment_id);
ALTER TABLE ONLY public.chat_messages
    ADD CONSTRAINT chat_messages_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.commissions
    ADD CONSTRAINT commissions_order_id_key UNIQUE (order_id);
ALTER TABLE ONLY public.commissions
    ADD CONSTRAINT commissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.end_states
    ADD CONSTRAINT end_states_pkey PRIMARY KEY (comment_id, seq);
ALTER TABLE ONLY public.order_numbers
    ADD CONSTRAINT order_numbers_pkey PRIMARY KEY (day);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_checkout_session_key UNIQUE (checkout_session);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_comment_id_key UNIQUE (comment_id);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_order_number_key UNIQUE (order_number);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_payment_id_key UNIQUE (payment_id);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_record_id_key UNIQUE (record_id);
ALTER TABLE ONLY public.payment_notifications
    ADD CONSTRAINT payment_notifications_message_sid_key UNIQUE (message_sid);
ALTER TABLE ONLY public.payment_notifications
    ADD CONSTRAINT payment_notifications_order_id_recipient_kind_key UNIQUE (order_id, recipient, kind);
ALTER TABLE ONLY public.payment_notifications
    ADD CONSTRAINT payment_notifications_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.product_embeddings
    ADD CONSTRAINT product_embeddings_pkey PRIMARY KEY (product_id, model);
ALTER TABLE ONLY public.product_matches
    ADD CONSTRAINT product_matches_pkey PRIMARY KEY (comment_id);
ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_streamer_sku_key UNIQUE (streamer, sku);
ALTER TABLE ONLY public.streamers
    ADD CONSTRAINT streamers_pkey PRIMARY KEY (handle);
ALTER TABLE ONLY public.stripe_events
    ADD CONSTRAINT stripe_events_pkey PRIMARY KEY (event_id);
ALTER TABLE ONLY public.yoyo_lock
    ADD CONSTRAINT yoyo_lock_pkey PRIMARY KEY (locked);
CREATE INDEX chat_messages_client ON public.chat_messages USING btree (client);
CREATE INDEX chat_messages_nlp_intent ON public.chat_messages USING btree (nlp_intent, sent_at);
CREATE INDEX chat_messages_seq_rank ON public.chat_messages USING btree (seq_rank);
CREATE INDEX chat_messages_streamer_sent_at ON public.chat_messages USING btree (streamer, sent_at);
CREATE INDEX commissions_streamer_created_at ON public.commissions USING btree (streamer, created_at);
CREATE INDEX end_states_ended_at ON public.end_states USING btree (ended_at);
CREATE INDEX end_states_outcome ON public.end_states USING btree (outcome, stage, ended_at);
CREATE INDEX orders_buyer_id ON public.orders USING btree (buyer_id);
CREATE INDEX orders_product_id ON public.orders USING btree (product_id);
CREATE INDEX orders_status ON public.orders USING btree (status, placed_at);
CREATE INDEX orders_streamer_placed_at ON public.orders USING btree (streamer, placed_at);
CREATE INDEX outbox_unsent ON public.outbox USING btree (id) WHERE (sent_at IS NULL);
CREATE INDEX payment_notifications_open ON public.payment_notifications USING btree (claimed_until) WHERE (status = ANY (ARRAY['claimed'::text, 'uncertain'::text]));
CREATE INDEX product_matches_product_id ON public.product_matches USING btree (product_id);
ALTER TABLE ONLY public.chat_message_order_mapping
    ADD CONSTRAINT chat_message_order_mapping_comment_id_fkey FOREIGN KEY (comment_id) REFERENCES public.chat_messages(id);
ALTER TABLE ONLY public.chat_message_order_mapping
    ADD CONSTRAINT chat_message_order_mapping_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);
ALTER TABLE ONLY public.commissions
    ADD CONSTRAINT commissions_comment_id_fkey FOREIGN KEY (comment_id) REFERENCES public.chat_messages(id);
ALTER TABLE ONLY public.commissions
    ADD CONSTRAINT commissions_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);
ALTER TABLE ONLY public.commissions
    ADD CONSTRAINT commissions_streamer_fkey FOREIGN KEY (streamer) REFERENCES public.streamers(handle);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_buyer_id_fkey FOREIGN KEY (buyer_id) REFERENCES public.buyers(id);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_comment_id_fkey FOREIGN KEY (comment_id) REFERENCES public.chat_messages(id);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(id);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_streamer_fkey FOREIGN KEY (streamer) REFERENCES public.streamers(handle);
ALTER TABLE ONLY public.payment_notifications
    ADD CONSTRAINT payment_notifications_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);
ALTER TABLE ONLY public.product_embeddings
    ADD CONSTRAINT product_embeddings_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.product_matches
    ADD CONSTRAINT product_matches_comment_id_fkey FOREIGN KEY (comment_id) REFERENCES public.chat_messages(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.product_matches
    ADD CONSTRAINT product_matches_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(id);
ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_streamer_fkey FOREIGN KEY (streamer) REFERENCES public.streamers(handle);
