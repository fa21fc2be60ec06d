-- What stands against a buyer's claim.
select blocked_at is not null as blocked, stripe_customer is not null and payment_method is not null as has_card
from buyers
where id = $1
