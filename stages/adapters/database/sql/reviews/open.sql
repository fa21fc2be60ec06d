insert into match_reviews (comment_id, candidates, frames)
values ($1, $2, $3)
on conflict (comment_id) do nothing
