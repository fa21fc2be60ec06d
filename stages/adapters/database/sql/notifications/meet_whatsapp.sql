-- Notes that a message goes to $2 on day $1; nothing where one went there before on that day.
insert into whatsapp_recipients (day, recipient) values ($1, $2)
on conflict do nothing
returning recipient
