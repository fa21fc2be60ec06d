-- Takes over a claim that ran out; nothing where it was renewed or settled meanwhile.
update payment_notifications set claimed_until = $3, attempts = attempts + 1
where id = $1 and status = 'claimed' and claimed_until = $2
returning attempts
