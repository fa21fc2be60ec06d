-- What is about to be paid out, and so not in the ledger yet.
select coalesce(sum(amount_minor), 0) from payouts where streamer = $1 and currency = $2 and status = 'wanted'
