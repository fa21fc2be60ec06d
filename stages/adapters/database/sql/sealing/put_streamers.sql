update streamers as s set phone = n.phone from unnest($1::text[], $2::text[]) as n (handle, phone)
where s.handle = n.handle
