-- Returns the buyer's id, unless they were erased meanwhile.
update buyers set stripe_customer = $2, payment_method = $3 where id = $1 and erased_at is null returning id
