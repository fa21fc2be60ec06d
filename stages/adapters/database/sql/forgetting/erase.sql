-- Of a buyer the row stays, for the orders' sake, under an id that nobody can derive from who it was.
update buyers
set id = new.id, client_id = 'erased:' || new.id, handle = 'erased', phone = null, phone_index = null, email = null,
    email_index = null, channel = null, stripe_customer = null, payment_method = null, erased_at = $2
from (select old, gen_random_uuid() as id from unnest($1::uuid[]) as old) as new
where buyers.id = new.old
