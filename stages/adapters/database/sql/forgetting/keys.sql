-- The ids under which a platform knows who bears the name now; and the name, for comments that came without an id. A
-- buyer's name is up to date; only of whoever never bought is the id looked up in what they wrote.
select client_id as key from buyers where platform = $1 and handle = $2
union select client_id from chat_messages
where platform = $1 and client = $2 and client_id is not null
  and not exists (select from buyers where platform = $1 and handle = $2)
union select $2
