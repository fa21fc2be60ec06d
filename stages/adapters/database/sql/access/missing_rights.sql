-- The tables of ours with which the current user may not do what the stages' role may: for want of rights, or since no
-- policy lets them see a row.
select c.relname as name
from pg_class as c
join pg_roles as r on r.rolname = current_user
cross join unnest(array['select', 'insert', 'update', 'delete']) as needed
where c.relnamespace = (select relnamespace from pg_class where oid = to_regclass('orders')) and c.relkind in ('r', 'p')
  and to_regrole('tiktoksales_stages') is not null
  and has_table_privilege('tiktoksales_stages', c.oid, needed)
  and not (has_table_privilege(current_user, c.oid, needed)
           and (r.rolsuper or r.rolbypassrls or c.relowner = r.oid
                or pg_has_role(current_user, 'tiktoksales_stages', 'usage')))
group by c.relname
order by c.relname
