-- What the user of this connection is held to: superusers, the exempt and the tables' owner see every row.
select r.rolname as name, r.rolsuper as superuser, r.rolbypassrls as exempt,
       exists (select from pg_class where oid = to_regclass('orders') and relowner = r.oid) as owner,
       to_regrole('tiktoksales_stages') is not null and to_regrole('tiktoksales_streamer') is not null as roles
from pg_roles as r
where r.rolname = current_user
