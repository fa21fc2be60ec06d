-- Back to one user for everything. The roles stay: other databases of the server may use them.
do $$
declare
    each record;
begin
    for each in
        select c.relname as name from pg_class as c
        where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
    loop
        execute format('drop policy if exists stages_all on %I', each.name);
        execute format('drop policy if exists streamer_reads on %I', each.name);
        execute format('alter table %I disable row level security', each.name);
    end loop;
    if to_regrole('tiktoksales_stages') is not null then
        execute format('revoke all on all tables in schema %I from tiktoksales_stages', current_schema());
        execute format('revoke usage on schema %I from tiktoksales_stages', current_schema());
    end if;
    if to_regrole('tiktoksales_streamer') is not null then
        execute format('revoke all on all tables in schema %I from tiktoksales_streamer', current_schema());
        execute format('revoke usage on schema %I from tiktoksales_streamer', current_schema());
    end if;
end $$;
drop function lay_access();
drop table access_rules;
drop view streamer_buyers;
drop function access_streamer();
drop function access_pass(text, integer);
drop function access_mac(text);
drop table access_keys;
alter table payment_notifications
    drop constraint payment_notifications_buyer_id_fkey,
    add constraint payment_notifications_buyer_id_fkey foreign key (buyer_id) references buyers (id);
alter table consents
    drop constraint consents_buyer_id_fkey,
    add constraint consents_buyer_id_fkey foreign key (buyer_id) references buyers (id);
alter table waitlist
    drop constraint waitlist_buyer_id_fkey,
    add constraint waitlist_buyer_id_fkey foreign key (buyer_id) references buyers (id);
alter table orders
    drop constraint orders_buyer_id_fkey,
    add constraint orders_buyer_id_fkey foreign key (buyer_id) references buyers (id);
