update buyers as b
set phone = n.phone, phone_index = n.phone_index, email = n.email, email_index = n.email_index
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
    as n (id, phone, phone_index, email, email_index)
where b.id = n.id
