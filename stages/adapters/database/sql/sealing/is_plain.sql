-- Whether anything lies here that an older release wrote, or somebody by hand, and that is not sealed.
select exists (select from buyers where phone not like 'gAAAA%' or email not like 'gAAAA%')
    or exists (select from streamers where phone not like 'gAAAA%')
