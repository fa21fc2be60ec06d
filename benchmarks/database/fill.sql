-- A shop's year: fill.comments comments (a setting of the session), a tenth of them orders. Skewed, as shops are: few
-- streamers have most comments. Ids are scattered, as ours are.
create function pg_temp.n(name text) returns bigint language sql stable
    return current_setting('fill.' || name)::bigint;
create function pg_temp.made(kind text, i bigint) returns uuid language sql immutable parallel safe
    return md5(kind || i)::uuid;
create function pg_temp.seller(i bigint) returns text language sql immutable parallel safe
    return 'streamer-' || floor(200 * ((i * 2654435761) % 1000003 / 1000003.0) ^ 2)::int;
create function pg_temp.came_ms(i bigint) returns bigint language sql stable
    return pg_temp.n('begin_ms') + i * pg_temp.n('step_ms');
create function pg_temp.came(i bigint) returns timestamptz language sql stable
    return to_timestamp(pg_temp.came_ms(i) / 1000.0);
create function pg_temp.viewer(i bigint) returns bigint language sql stable
    return (i * 7919) % greatest(pg_temp.n('buyers'), 1);

insert into streamers (handle, name, currency, stripe_account)
select 'streamer-' || i, 'Streamer ' || i, 'USD', 'acct_' || i from generate_series(0, 199) as i;
insert into products (id, streamer, sku, name, price_minor, currency, stock)
select pg_temp.made('product', i), 'streamer-' || i % 200, 'SKU-' || i / 200, 'Product ' || i, 1999, 'USD', 1000
from generate_series(0, 9999) as i;
insert into product_variants (id, product_id, name, stock)
select pg_temp.made('variant', i), pg_temp.made('product', i / 3), 'size ' || i % 3, 300 from generate_series(0, 29999) as i;
insert into buyers (id, platform, client_id, handle, phone, phone_index, channel, stripe_customer, payment_method)
select pg_temp.made('buyer', i), 'tiktok', i::text, 'viewer_' || i, 'gAAAA' || i, md5(i::text), 'sms', 'cus_' || i, 'pm_' || i
from generate_series(0, pg_temp.n('buyers') - 1) as i;

insert into chat_messages (id, seq, streamer, client, client_id, platform, message, message_id, sent_at, source, verified,
                           kind, received_at, nlp_intent, nlp_score, quantity, language)
select pg_temp.made('comment', i), pg_temp.came_ms(i) || '-0', pg_temp.seller(i), 'viewer_' || pg_temp.viewer(i),
       pg_temp.viewer(i)::text, 'tiktok', 'mine please, comment ' || i, i::text, pg_temp.came(i), 'gateway', true,
       case when i % 50000 = 7 then 'pin' else 'comment' end, pg_temp.came(i),
       case when i % 10 = 0 then 'buy' when i % 10 < 4 then 'question' else 'none' end, 0.9, 1, 'en'
from generate_series(0, pg_temp.n('comments') - 1) as i;
insert into end_states (comment_id, seq, stage, outcome, reason, hops, ended_at)
select pg_temp.made('comment', i), pg_temp.came_ms(i) || '-0', case when i % 10 = 0 then 'notify' else 'intent' end,
       case when i % 10 = 0 then 'done' else 'dropped' end, case when i % 10 = 0 then null else 'none' end,
       '[["ingest", 1, 2], ["intent", 2, 3]]', pg_temp.came(i)
from generate_series(0, pg_temp.n('comments') - 1) as i;
insert into product_matches (comment_id, product_id, product_name, score, matched_at)
select pg_temp.made('comment', i), pg_temp.made('product', i % 10000), 'Product', 0.9, pg_temp.came(i)
from generate_series(0, pg_temp.n('comments') - 1, 10) as i;
insert into match_reviews (comment_id, status, candidates, decided_at, created_at)
select pg_temp.made('comment', i), case when i > pg_temp.n('comments') * 0.999 then 'open' else 'declined' end,
       '[{"sku": "SKU-1", "score": 0.6}]', case when i > pg_temp.n('comments') * 0.999 then null else pg_temp.came(i) end,
       pg_temp.came(i)
from generate_series(1, pg_temp.n('comments') - 1, 100) as i;
insert into intent_corrections (comment_id, intent, corrected_at)
select pg_temp.made('comment', i), 'none', pg_temp.came(i) from generate_series(2, pg_temp.n('comments') - 1, 200) as i;
insert into unlisted_claims (comment_id, streamer, code, claim, created_at, served_at)
select pg_temp.made('comment', i), pg_temp.seller(i), 'A' || i % 50, '{}', pg_temp.came(i),
       case when i > pg_temp.n('comments') * 0.999 then null else pg_temp.came(i) end
from generate_series(3, pg_temp.n('comments') - 1, 100) as i;

insert into orders (id, order_number, comment_id, streamer, product_id, product_name, buyer_id, quantity, unit_price_minor,
                    amount_minor, currency, status, payment_id, checkout_session, placed_at, paid_at, hold_until,
                    cancelled_at, cancelled_for, checkout_ended_at)
select pg_temp.made('order', i), 'ORD-20260101-' || lpad(i::text, 10, '0'), pg_temp.made('comment', i), pg_temp.seller(i),
       pg_temp.made('product', i % 10000), 'Product', pg_temp.made('buyer', pg_temp.viewer(i)), 1, 1999, 1999, 'USD', status,
       case when status in ('paid', 'refunded') then 'pi_' || i end, case when i % 20 = 0 then 'cs_' || i end, pg_temp.came(i),
       case when status in ('paid', 'refunded') then pg_temp.came(i) end, pg_temp.came(i) + interval '30 minutes',
       case when status = 'cancelled' then pg_temp.came(i) end, case when status = 'cancelled' then 'hold expired' end,
       case when status = 'cancelled' then pg_temp.came(i) end
from (select i, case when i > pg_temp.n('comments') * 0.9995 then case when i % 20 = 0 then 'awaiting_payment' else 'placed' end
                     when i % 500 = 0 then 'refunded' when i % 200 = 0 then 'cancelled' else 'paid' end as status
      from generate_series(0, pg_temp.n('comments') - 1, 10) as i) as o;
insert into chat_message_order_mapping select comment_id, id from orders;
insert into order_numbers select current_date - i, 10000 from generate_series(0, 364) as i;
insert into payment_attempts (order_id, attempt, key, parameters, status, payment_id, created_at, ended_at)
select id, 1, 'charge:' || id, '{"amount": 1999}', case when status = 'placed' then 'open' else 'charged' end, payment_id,
       placed_at, paid_at
from orders;
insert into payment_notifications (id, order_id, subject, buyer_id, streamer, recipient, channel, kind, body, status,
                                   claimed_until, message_sid, created_at, sent_at)
select md5(who || o.id)::uuid, o.id, o.id, case who when 'buyer' then o.buyer_id end, o.streamer, who, 'sms', 'confirmed',
       'Your order stands', 'delivered', o.placed_at, 'SM' || md5(who || o.id), o.placed_at, o.placed_at
from orders as o cross join (values ('buyer'), ('streamer')) as r (who);
insert into commissions (id, order_id, streamer, comment_id, net_paid_minor, amount_minor, currency, basis_points, created_at,
                         payable_at)
select md5('commission' || id)::uuid, id, streamer, comment_id, 1999, 199, 'USD', 1000, placed_at, placed_at + interval '14 days'
from orders where status = 'paid';
insert into payouts (order_id, streamer, account, amount_minor, currency, status, transfer_id, created_at, done_at)
select order_id, streamer, 'acct_1', amount_minor, currency, 'done', 'tr_' || order_id, payable_at, payable_at
from commissions where payable_at < now() - interval '1 day';
insert into refunds (id, order_id, payment_id, amount_minor, currency, reason, status, provider_id, created_at, done_at)
select md5('refund' || id)::uuid, id, payment_id, 1999, 'USD', 'asked', 'done', 're_' || id, placed_at, placed_at
from orders where status = 'refunded';
insert into outbox (record_id, stage, comment_id, seq, streamer, record, created_at, sent_at)
select pg_temp.made('outbox', i), 'notify', pg_temp.made('comment', i), pg_temp.came_ms(i) || '-0', pg_temp.seller(i),
       '{"viewer": {"client": "x"}}', pg_temp.came(i), pg_temp.came(i)
from generate_series(0, pg_temp.n('comments') - 1, 20) as i;
insert into waitlist (id, comment_id, seq_rank, streamer, product_id, buyer_id, quantity, claim, status, created_at, ended_at)
select pg_temp.made('place', i), pg_temp.made('comment', i), pg_temp.came_ms(i) << 20, pg_temp.seller(i),
       pg_temp.made('product', i % 10000), pg_temp.made('buyer', pg_temp.viewer(i)), 1, '{}',
       case when i > pg_temp.n('comments') * 0.999 then 'waiting' else 'served' end, pg_temp.came(i), pg_temp.came(i)
from generate_series(5, pg_temp.n('comments') - 1, 100) as i;
insert into stripe_events (event_id, type, received_at)
select 'evt_' || i, 'checkout.session.completed', pg_temp.came(i) from generate_series(0, pg_temp.n('comments') - 1, 10) as i;
insert into consents (buyer_id, channel, granted, source)
select pg_temp.made('buyer', i), 'sms', true, 'onboarding' from generate_series(0, pg_temp.n('buyers') - 1) as i;
insert into onboardings (id, buyer_id, expires_at)
select pg_temp.made('onboarding', i), pg_temp.made('buyer', i), now() from generate_series(0, pg_temp.n('buyers') - 1, 2) as i;
insert into order_requests (key, digest, order_id)
select 'key-' || id, 'digest', id from orders where placed_at > now() - interval '30 days';
insert into whatsapp_recipients select current_date - (i % 365)::int, 'buyer/' || pg_temp.made('buyer', i)
from generate_series(0, pg_temp.n('buyers') - 1) as i;
insert into webhook_endpoints (id, url, secret)
select pg_temp.made('endpoint', i), 'https://shop.example/' || i, 'gAAAA' from generate_series(0, 1) as i;
insert into webhook_deliveries (id, endpoint_id, event_id, event, payload, status, attempts, due_at, created_at, delivered_at)
select md5(e.i || 'delivery' || o.id)::uuid, pg_temp.made('endpoint', e.i), o.id, 'order.placed',
       jsonb_build_object('order', jsonb_build_object('id', o.id)),
       case when o.status = 'placed' then 'waiting' when o.status = 'refunded' then 'dead' else 'delivered' end, 1, o.placed_at,
       o.placed_at, o.placed_at
from orders as o cross join generate_series(0, 1) as e (i);
