-- Who sees what: row-level security on every table, for two roles.
--
-- tiktoksales_stages   what the stages, the doors and the commands connect as: reads and writes rows, owns nothing,
--                      is neither superuser nor exempt from row-level security.
-- tiktoksales_streamer reads the rows of one streamer: the one whose pass its session shows, see access_streamer().
--
-- Neither can log in before an administrator says so: alter role ... login password '...'. Where the user who
-- migrates may not create roles (a managed database, perhaps), the tables are closed to everybody but their owner, a
-- notice says so, and `select lay_access()` opens them once an administrator has created both roles.

-- Erasing a buyer gives the rows that must be kept another id, that nobody can derive from who it was.
alter table orders
    drop constraint orders_buyer_id_fkey,
    add constraint orders_buyer_id_fkey foreign key (buyer_id) references buyers (id) on update cascade;
alter table waitlist
    drop constraint waitlist_buyer_id_fkey,
    add constraint waitlist_buyer_id_fkey foreign key (buyer_id) references buyers (id) on update cascade;
alter table consents
    drop constraint consents_buyer_id_fkey,
    add constraint consents_buyer_id_fkey foreign key (buyer_id) references buyers (id) on update cascade;
alter table payment_notifications
    drop constraint payment_notifications_buyer_id_fkey,
    add constraint payment_notifications_buyer_id_fkey
        foreign key (buyer_id) references buyers (id) on update cascade;

-- What passes are signed with: two keys of a block's length (64 bytes) make NMAC of SHA-256 (RFC 2104's scheme with
-- independent keys). Nobody but the owner reads them.
create table access_keys (
    only_row boolean primary key default true check (only_row),
    inner_key bytea not null,
    outer_key bytea not null
);
alter table access_keys enable row level security;
revoke all on access_keys from public;
insert into access_keys (inner_key, outer_key)
select (select string_agg(uuid_send(gen_random_uuid()), '') from generate_series(1, 8)),
       (select string_agg(uuid_send(gen_random_uuid()), '') from generate_series(1, 8));

-- The functions run as the owner, so their tables are named with their schema: a temporary table of the caller's could
-- stand in front of it.
do $$
begin
    execute format($create$
        create function access_mac(text) returns bytea language sql stable
            set search_path = pg_catalog, pg_temp as $body$
            select sha256(outer_key || sha256(inner_key || convert_to($1, 'UTF8'))) from %1$I.access_keys
        $body$
    $create$, current_schema());

    -- A pass for one streamer, good for some seconds: the value of the setting app.streamer.
    execute format($create$
        create function access_pass(streamer text, seconds integer default 60) returns text
            language sql volatile security definer set search_path = pg_catalog, pg_temp as $body$
            select ends || '.' || encode(%1$I.access_mac(ends || '.' || streamer), 'hex') || '.' || streamer
            from (select (extract(epoch from clock_timestamp())::bigint + seconds)::text as ends) as e
        $body$
    $create$, current_schema());

    -- Whose rows this session may read: by its pass, or by the claim `streamer` of Supabase's token; null: nobody's.
    -- The token's claims are a setting like any other, which the API fills in and its users can't; whoever logs in as
    -- tiktoksales_streamer writes SQL of their own, and is known by the pass alone.
    execute format($create$
        create function access_streamer() returns text language plpgsql stable security definer
            set search_path = pg_catalog, pg_temp as $body$
        declare
            pass constant text[] := regexp_match(
                current_setting('app.streamer', true), '^([0-9]{1,12})\.([0-9a-f]{64})\.(.+)$');
            claimed text;
        begin
            if pass is not null then
                -- The MACs are compared by their hashes, so that the time it takes tells nothing.
                if pass[1]::bigint > extract(epoch from clock_timestamp())
                   and sha256(decode(pass[2], 'hex')) = sha256(%1$I.access_mac(pass[1] || '.' || pass[3])) then
                    return pass[3];
                end if;
                return null;
            end if;
            if session_user <> 'tiktoksales_streamer' and to_regprocedure('auth.jwt()') is not null then
                execute $jwt$select auth.jwt() ->> 'streamer'$jwt$ into claimed;
            end if;
            return claimed;
        end $body$
    $create$, current_schema());
end $$;

-- A streamer's customers, without what only the stages need: phone, e-mail, card.
create view streamer_buyers with (security_barrier) as
select b.id, b.platform, b.handle, b.blocked_at, b.erased_at
from buyers as b
where exists (select from orders as o where o.buyer_id = b.id and o.streamer = (select access_streamer()));

-- Which rows of a table a streamer reads; a table that isn't here is closed to streamers.
create table access_rules (
    table_name text primary key,
    -- An expression over a row of the table; `mine` stands for the streamer of this session.
    visible    text not null,
    -- Null: all columns.
    columns    text[]
);
alter table access_rules enable row level security;
revoke all on access_rules from public;
insert into access_rules (table_name, visible, columns) values
    ('streamers', 'handle = mine',
     '{handle,name,currency,notify_by,view_delay_seconds,commission_basis_points}'),
    ('products', 'streamer = mine', null),
    ('product_variants', 'exists (select from products as p where p.id = product_id and p.streamer = mine)', null),
    ('product_embeddings', 'exists (select from products as p where p.id = product_id and p.streamer = mine)', null),
    ('chat_messages', 'streamer = mine', null),
    ('product_matches', 'exists (select from chat_messages as m where m.id = comment_id and m.streamer = mine)', null),
    ('match_reviews', 'exists (select from chat_messages as m where m.id = comment_id and m.streamer = mine)', null),
    ('intent_corrections', 'exists (select from chat_messages as m where m.id = comment_id and m.streamer = mine)',
     null),
    ('end_states', 'exists (select from chat_messages as m where m.id = comment_id and m.streamer = mine)', null),
    ('unlisted_claims', 'streamer = mine', null),
    ('waitlist', 'streamer = mine', null),
    ('orders', 'streamer = mine', null),
    ('chat_message_order_mapping', 'exists (select from orders as o where o.id = order_id and o.streamer = mine)',
     null),
    ('refunds', 'exists (select from orders as o where o.id = order_id and o.streamer = mine)', null),
    ('payment_notifications', 'exists (select from orders as o where o.id = order_id and o.streamer = mine)', null),
    ('commissions', 'streamer = mine', null),
    ('payouts', 'streamer = mine', null);

-- Grants and policies for all tables that there are; harmless when repeated. A later migration that adds a table ends
-- with `select lay_access()`.
create function lay_access() returns void language plpgsql as $$
declare
    each record;
    schema constant text := current_schema();
begin
    for each in
        select c.relname as name, r.visible, r.columns, c.relname ~ '^_?yoyo' as is_migrations
        from pg_class as c left join access_rules as r on r.table_name = c.relname
        where c.relnamespace = schema::regnamespace and c.relkind in ('r', 'p')
          and c.relname not in ('access_keys', 'access_rules')
        order by c.relname
    loop
        execute format('alter table %I enable row level security', each.name);
        execute format('revoke all on %I from public', each.name);
        if to_regrole('tiktoksales_stages') is null or to_regrole('tiktoksales_streamer') is null then
            continue;
        end if;
        execute format('drop policy if exists stages_all on %I', each.name);
        execute format('drop policy if exists streamer_reads on %I', each.name);
        if each.is_migrations then
            execute format('grant select on %I to tiktoksales_stages', each.name);
        elsif each.name = 'commissions' then  -- it only grows
            execute format('grant select, insert on %I to tiktoksales_stages', each.name);
        else
            execute format('grant select, insert, update, delete on %I to tiktoksales_stages', each.name);
        end if;
        execute format('create policy stages_all on %I to tiktoksales_stages using (true) with check (true)', each.name);
        if each.visible is not null then
            execute format('grant select %s on %I to tiktoksales_streamer',
                           coalesce('(' || array_to_string(each.columns, ', ') || ')', ''), each.name);
            execute format('create policy streamer_reads on %I for select to tiktoksales_streamer using (%s)', each.name,
                           regexp_replace(each.visible, '\mmine\M', format('(select %I.access_streamer())', schema), 'g'));
        end if;
    end loop;
    execute format('revoke all on function access_mac(text), access_pass(text, integer), lay_access() from public');
    execute format('revoke all on streamer_buyers from public');
    if to_regrole('tiktoksales_stages') is null or to_regrole('tiktoksales_streamer') is null then
        raise notice 'The roles tiktoksales_stages and tiktoksales_streamer are missing: only the owner of the tables '
            'can use them. Let an administrator create both, then run: select lay_access()';
        return;
    end if;
    execute format('grant usage on schema %I to tiktoksales_stages, tiktoksales_streamer', schema);
    grant execute on function access_pass(text, integer) to tiktoksales_stages;
    grant select on streamer_buyers to tiktoksales_stages, tiktoksales_streamer;
    -- The console's reads for a streamer: the stages' session takes on the streamer's role for a transaction.
    if not pg_has_role('tiktoksales_stages', 'tiktoksales_streamer', 'member') then
        grant tiktoksales_streamer to tiktoksales_stages;
    end if;
    -- Supabase: a token's user comes as `authenticated`.
    if to_regrole('authenticated') is not null and to_regprocedure('auth.jwt()') is not null
       and not pg_has_role('authenticated', 'tiktoksales_streamer', 'member') then
        grant tiktoksales_streamer to authenticated;
    end if;
end $$;

do $$
declare
    role text;
begin
    foreach role in array array['tiktoksales_stages', 'tiktoksales_streamer'] loop
        if to_regrole(role) is null then
            begin
                execute format('create role %I nologin nosuperuser nobypassrls nocreatedb nocreaterole', role);
            exception
                when duplicate_object or unique_violation then
                    null;  -- another database of this server was migrated at the same moment
                when insufficient_privilege then
                    raise notice 'The user % may not create the role %.', current_user, role;
            end;
        end if;
    end loop;
end $$;
do $$ begin perform lay_access(); end $$;
