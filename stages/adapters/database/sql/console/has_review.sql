select exists (
    select from match_reviews as r
    join chat_messages as m on m.id = r.comment_id
    where m.streamer = $1 and r.comment_id = $2
)
