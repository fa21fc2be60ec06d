-- One page of the corrections since $1, after ($2, $3).
select c.comment_id, c.corrected_at as at, c.intent, m.message, m.language, m.client, m.client_id, m.streamer
from intent_corrections as c
join chat_messages as m on m.id = c.comment_id
where m.message <> '(erased)' and c.corrected_at >= $1 and (c.corrected_at, c.comment_id) > ($2, $3)
order by c.corrected_at, c.comment_id
limit $4
