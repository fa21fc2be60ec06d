-- Streamers with an account to be paid out to, and something in the ledger that is payable.
select distinct s.handle
from streamers as s
join commissions as c on c.streamer = s.handle
where s.stripe_account is not null and c.kind = 'accrued' and coalesce(c.payable_at, c.created_at) <= $1
  and not exists (select from payouts as p where p.order_id = c.order_id)
