select o.buyer_id, o.expires_at, o.submitted_at, o.completed_at, b.handle, b.platform, b.stripe_customer,
       b.erased_at is not null or b.blocked_at is not null as is_closed
from onboardings as o join buyers as b on b.id = o.buyer_id
where o.id = $1
