-- Those of the comments that are not to become an order just so: they have one, wait for one, or were taken back.
select m.id
from chat_messages as m
where m.id = any($1::uuid[])
  and (m.retracted_at is not null
       or exists (select from orders where comment_id = m.id)
       or exists (select from waitlist where comment_id = m.id))
