-- What was pinned in an earlier show says nothing: six hours back at most.
select message
from chat_messages
where streamer = $1 and sent_at <= $2 and sent_at > $2 - interval '6 hours' and kind = 'pin'
order by sent_at desc, seq_rank desc
limit 1
