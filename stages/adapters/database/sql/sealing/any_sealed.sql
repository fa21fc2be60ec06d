-- Something that is sealed, from each table that holds such; of no row where there is none.
(select phone as sealed from buyers where phone_index is not null and phone like 'gAAAA%' limit 1)
union all (select email from buyers where email_index is not null and email like 'gAAAA%' limit 1)
union all (select phone from streamers where phone like 'gAAAA%' limit 1)
union all (select secret from webhook_endpoints where secret like 'gAAAA%' limit 1)
