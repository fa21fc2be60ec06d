-- What stands of a comment's claim besides its orders.
select m.retracted_at is not null as retracted, w.status as place
from chat_messages as m
left join waitlist as w on w.comment_id = m.id
where m.id = $1
