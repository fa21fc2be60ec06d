-- No row where nobody stored the comment.
insert into intent_corrections (comment_id, intent, corrected_by)
select id, $2, $3
from chat_messages
where id = $1
on conflict (comment_id) do update
set intent = excluded.intent, corrected_by = excluded.corrected_by, corrected_at = now()
returning comment_id
