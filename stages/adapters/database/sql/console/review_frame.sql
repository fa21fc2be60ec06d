-- The name of a frame that was looked at: the path in the frame store, or the URL that the comment named.
select r.frames[$3] as name
from match_reviews as r
join chat_messages as m on m.id = r.comment_id
where m.streamer = $1 and r.comment_id = $2
