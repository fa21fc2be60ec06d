-- Counts one more recipient on day $1; nothing where there are $2 already.
insert into whatsapp_days as d (day, recipients) values ($1, 1)
on conflict (day) do update set recipients = d.recipients + 1 where d.recipients < $2
returning recipients
